"""Which resources mean what: our profiles and extensions as a table. Generates nothing itself."""

from dataclasses import dataclass

from contracts.fhir.vocabulary import FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a profile demands of one element: how often at least, and from which list.

    `binding` is a list of ours whose codes are recommended; `strict` allows no other code.
    """

    path: str
    least: int = 0
    binding: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile on a resource."""

    name: str
    resource: str
    title: str
    meaning: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One extension: where it may stand, and its value's type, or its parts with theirs."""

    name: str
    title: str
    contexts: tuple[str, ...]
    value: str = ""
    binding: str = ""
    parts: tuple[tuple[str, str], ...] = ()


_SUBJECT = Rule(path="subject", least=1)
_CODED = Rule(path="code", least=1, binding=FIELDS, strict=True)
_SERVICE = Rule(path="code", binding="services")

PROFILES = (
    Profile(
        name="child", resource="Patient", title="Child",
        meaning="A child as one source record knows it: one full name, an interval of birth dates.",
        rules=(Rule(path="gender", least=1),),
    ),
    Profile(
        name="parent", resource="RelatedPerson", title="Parent",
        meaning="Father or mother, by name alone: what tells children of one name apart.",
        rules=(Rule(path="relationship", least=1), Rule(path="name", least=1)),
    ),
    Profile(
        name="guardian", resource="RelatedPerson", title="Guardian",
        meaning="A person who cares for the child.",
        rules=(Rule(path="relationship", least=1, binding="relations"),),
    ),
    Profile(
        name="case", resource="EpisodeOfCare", title="Case",
        meaning="The case that a case manager keeps of the child.",
        rules=(Rule(path="type", binding="concerns"),),
    ),
    Profile(
        name="contact", resource="Encounter", title="Contact",
        meaning="How, when and where the source met the child; of an inspection: the inspection.",
        rules=(
            Rule(path="type", binding="inspection_types"), _SUBJECT, Rule(path="period", least=1),
        ),
    ),
    Profile(
        name="follow-up-visit", resource="Encounter", title="Follow-up visit",
        meaning="A visit to the child after it was identified, done or due.",
        rules=(Rule(path="type", binding="visit_kinds"), _SUBJECT),
    ),
    Profile(
        name="situation", resource="Observation", title="Situation",
        meaning="What was counted or coded of the child's work, school, household, inspection.",
        rules=(
            _CODED, _SUBJECT, Rule(path="effective[x]", least=1),
            Rule(path="component.code", binding=FIELDS),
        ),
    ),
    Profile(
        name="verdict", resource="Observation", title="Verdict",
        meaning="Is this child labour, by one rule set (`method`), why, and what was missing.",
        rules=(
            _CODED, _SUBJECT,
            Rule(path="value[x]", least=1, binding="verdict_answers", strict=True),
            Rule(path="method", least=1), Rule(path="component.code", binding=FIELDS),
        ),
    ),
    Profile(
        name="answers", resource="QuestionnaireResponse", title="Answers on work and school",
        meaning="What was asked and answered: yes, no, not asked, days and words.",
        rules=(Rule(path="questionnaire", least=1), _SUBJECT, Rule(path="authored", least=1)),
    ),
    Profile(
        name="requested-service", resource="ServiceRequest", title="Service asked for",
        meaning="What the record asks for, without saying from whom.", rules=(_SERVICE,),
    ),
    Profile(
        name="service", resource="ServiceRequest", title="Service row",
        meaning="A service of the case.", rules=(_SERVICE,),
    ),
    Profile(
        name="service-task", resource="Task", title="How a service stands",
        meaning="Whether a service was given, when and by whom.",
        rules=(Rule(path="businessStatus", binding="yes_no"), Rule(path="focus", least=1)),
    ),
    Profile(
        name="referral", resource="ServiceRequest", title="Referral",
        meaning="The child was referred.", rules=(_SERVICE,),
    ),
    Profile(
        name="referral-task", resource="Task", title="How a referral stands",
        meaning="The state of a referral, and with whom it is.",
        rules=(
            Rule(path="businessStatus", binding="referral_states"), Rule(path="focus", least=1),
        ),
    ),
    Profile(
        name="consent-statement", resource="Consent", title="Statement of consent",
        meaning="One answer to one question of consent. No statement is never a no.",
        rules=(
            Rule(path="patient", least=1), Rule(path="dateTime", least=1),
            Rule(path="policyRule", least=1, binding="consent_scopes", strict=True),
        ),
    ),
    Profile(
        name="workplace", resource="Organization", title="Workplace",
        meaning="Who runs the place where the child works. A third party.",
    ),
    Profile(
        name="site", resource="Location", title="Site of a workplace",
        meaning="Where the workplace is.", rules=(Rule(path="managingOrganization", least=1),),
    ),
    Profile(
        name="township", resource="Location", title="Township",
        meaning="A township by its place code (MIMU).", rules=(Rule(path="identifier", least=1),),
    ),
    Profile(
        name="office", resource="Organization", title="Office",
        meaning="Office, school or case owner that recorded the observation.",
        rules=(Rule(path="name", least=1),),
    ),
    Profile(
        name="agency", resource="Organization", title="Agency",
        meaning="Who gives a service or is referred to; may be a user of a source system.",
        rules=(Rule(path="name", least=1),),
    ),
    Profile(
        name="provider", resource="Organization", title="Service provider",
        meaning="An organisation of the service directory.",
        rules=(Rule(path="identifier", least=1),),
    ),
    Profile(
        name="provided-services", resource="HealthcareService", title="What a provider offers",
        meaning="Which services a provider offers in which townships.",
        rules=(Rule(path="providedBy", least=1), Rule(path="type", binding="services")),
    ),
    Profile(
        name="origin", resource="Provenance", title="Origin",
        meaning="Source system, record and key, and what translation left open.",
        rules=(Rule(path="occurred[x]", least=1), Rule(path="entity", least=1)),
    ),
)  # fmt: skip

EXTENSIONS = (
    Extension(
        name="birth-interval", title="First and last possible birth date",
        contexts=("Patient",), value="Period",
    ),
    Extension(
        name="home-township", title="Township of the home", contexts=("Address",), value="Coding",
        binding="townships",
    ),
    Extension(
        name="absent", title="A field left empty on purpose, and why", contexts=("Patient",),
        parts=(("field", "string"), ("reason", "code")),
    ),
    Extension(
        name="caregiver", title="Lives with the child and cares for it",
        contexts=("RelatedPerson",), value="Coding", binding="yes_no",
    ),
    Extension(
        name="risk-level", title="Risk as assessed", contexts=("EpisodeOfCare",),
        value="CodeableConcept", binding="risk_levels",
    ),
    Extension(
        name="status-not-stated", title="The source does not say how the case stands",
        contexts=("EpisodeOfCare",), value="boolean",
    ),
    Extension(
        name="disclosure-limits", title="A free text limits disclosure",
        contexts=("EpisodeOfCare",), value="boolean",
    ),
    Extension(
        name="due-on", title="Day by which a visit is due", contexts=("Encounter",), value="date",
    ),
    Extension(
        name="schema-version", title="Version of the common schema", contexts=("Provenance",),
        value="string",
    ),
    Extension(
        name="mapping-version", title="Version of the source contract and its mapping",
        contexts=("Provenance",), value="string",
    ),
    Extension(
        name="unmapped", title="A code that waits for triage", contexts=("Provenance",),
        parts=(("field", "string"), ("code", "string"), ("label", "string")),
    ),
    Extension(
        name="note", title="Quality note of the translation", contexts=("Provenance",),
        value="string",
    ),
)  # fmt: skip
