"""Java parts' jars, fetched once. Starts nothing, and trusts no file that its lock does not."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jgo
from jgo.maven import MavenContext

from tests.services.errors import MissingPartError

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("kafka-jars.lock")
KAFKA = "org.apache.kafka:kafka_2.13:4.3.1+org.apache.kafka:kafka-clients:4.3.1"
# Makes the broker's own words readable; without dependencies of its own that Kafka lacks.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
HEADER = (
    "# The class path of the broker in tests and trials (`make lock`): coordinate, file, sha256."
)
FHIR_LOCK = LOCK.with_name("fhir-jars.lock")
FHIR = "+".join(
    f"ca.uhn.hapi.fhir:hapi-fhir-{part}:8.4.0"
    for part in ("validation", "structures-r4", "validation-resources-r4", "caching-caffeine")
)
FHIR_HEADER = HEADER.replace("the broker in tests and trials", "HL7's FHIR validator in tests")
LOCKS = {
    "kafka": (LOCK, HEADER, (KAFKA, LOGGING)),
    "fhir": (FHIR_LOCK, FHIR_HEADER, (FHIR, "org.slf4j:slf4j-nop:2.0.16")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Jar:
    """One locked file."""

    coordinate: str
    file: str
    sha256: str


def locked(part: str = "kafka") -> list[Jar]:
    """What the part's lock names, in its order."""
    text = LOCKS[part][0].read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines()]
    return [Jar(coordinate=r[0], file=r[1], sha256=r[2]) for r in rows if r and r[0] != "#"]


def folder() -> Path:
    """Where the jars are kept: $CLMHUB_TEST_JARS, else inside .venv."""
    chosen = os.environ.get("CLMHUB_TEST_JARS")
    return Path(chosen) if chosen else ROOT / ".venv" / "jars"


def class_path(part: str = "kafka") -> str:
    """The verified class path; fetches what is missing, in a process of its own."""
    if _missing(part):
        # Tests may not leave the machine (pytest-socket); this child is the one that does.
        done = subprocess.run(
            [sys.executable, "-m", "tests.services.jars", part],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise MissingPartError(f"the jars of {part} could not be fetched: {last}")
    return os.pathsep.join(str(folder() / jar.file) for jar in locked(part))


def fetch(part: str) -> None:
    """Bring every locked jar that is missing or damaged, and refuse one that differs."""
    with _alone(), tempfile.TemporaryDirectory(dir=folder()) as scratch:
        context = MavenContext(repo_cache=Path(scratch), timeout=120)
        with ThreadPoolExecutor(max_workers=8) as pool:
            for _ in pool.map(lambda jar: _fetch_one(jar, context), _missing(part)):
                pass


def lock(part: str) -> None:
    """Resolve the part's coordinates again and write its lock anew."""
    path, header, coordinates = LOCKS[part]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["M2_REPO"] = str(Path(scratch) / "repository")
        rows = []
        for artifact in [one for wanted in coordinates for one in jgo.resolve(wanted)]:
            if artifact.packaging == "jar" and not artifact.classifier:
                name = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
                rows.append(f"{name} {artifact.filename} {_sha256(artifact.resolve())}")
    text = "\n".join([header, *sorted(set(rows))]) + "\n"
    path.write_text(text, encoding="utf-8")


def _fetch_one(jar: Jar, context: MavenContext) -> None:
    group, name, version = jar.coordinate.split(":")
    path = context.project(group, name).at_version(version).artifact().resolve()
    found = _sha256(path)
    if found != jar.sha256:
        raise ValueError(f"{jar.file}: sha256 is {found}, the lock says {jar.sha256}; refused")
    whole = path.with_suffix(".verified")
    shutil.move(path, whole)
    whole.replace(folder() / jar.file)


def _missing(part: str = "kafka") -> list[Jar]:
    """Locked jars that are not there, or not as locked."""
    home = folder()
    return [
        jar
        for jar in locked(part)
        if not (home / jar.file).is_file() or _sha256(home / jar.file) != jar.sha256
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _trust_as_the_system_does() -> None:
    """Let `requests` use the machine's certificates, which a proxy may have been added to."""
    if os.environ.keys() & {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}:
        return
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        os.environ["REQUESTS_CA_BUNDLE"] = paths.cafile
    elif paths.capath and any(Path(paths.capath).glob("*.0")):
        os.environ["REQUESTS_CA_BUNDLE"] = paths.capath


@contextmanager
def _alone() -> Iterator[None]:
    """One fetch at a time on this machine."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fetch the jars of Java parts and verify them.")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(LOCKS)}; none: all")
    parser.add_argument("--lock", action="store_true", help="resolve again and write the lock")
    arguments = parser.parse_args()
    _trust_as_the_system_does()
    for name in arguments.parts or LOCKS:
        if arguments.lock:
            lock(name)
        fetch(name)
