"""Checks a source contract: its document, its mapping, its samples. Tells every fault, mends none.

`check` takes the texts of one folder and never raises; where it tells no error, the contract can
be used (`contracts.source_contract.read`, `contracts.mapping.plan`).
"""

from contracts import source_contract
from contracts.checking.document import Document
from contracts.checking.fault import CONTRACT, MAPPING, SAMPLE, Fault, Notebook, Texts
from contracts.checking.fields import check_document, fields_of
from contracts.checking.form import read_form
from contracts.checking.mapping import check_mapping
from contracts.checking.samples import check_samples
from contracts.checking.told import faults_told
from contracts.errors import HubError
from contracts.mapping import translation as mapping
from contracts.mapping.documents import MappingDocument

__all__ = ["CONTRACT", "MAPPING", "SAMPLE", "Fault", "Texts", "check"]

_ORDER = {"error": 0, "warning": 1}


def check(texts: Texts) -> list[Fault]:
    """Return every fault, errors first, each file from its first line on."""
    document, about_fields = read_form(texts.contract, Document, CONTRACT)
    rows, about_rows = read_form(texts.mapping, MappingDocument, MAPPING)
    if document:
        check_document(document, about_fields)
    faults = about_fields.faults
    told = _use(texts, list(fields_of(document)), about_rows) if document and rows else []
    faults = [*faults, *about_rows.faults, *told]
    return sorted(faults, key=lambda one: (_ORDER[one.level], one.file, one.line))


def _use(texts: Texts, columns: list[str], notes: Notebook) -> list[Fault]:
    """Read the contract, compile it and translate its samples: the proof that it can be used."""
    try:
        contract = source_contract.read(texts.contract, texts.mapping, texts.place)
        check_mapping(contract, notes)
        plan = mapping.plan(contract)
    except HubError as error:
        return faults_told(error, columns, notes.lines)
    return check_samples(contract, plan, texts.sample)
