#!/usr/bin/env python3
"""Write internal/api/models from an installed botocore: facts only, without prose.

    python3 tools/trim-models.py           rewrite the models that are there
    python3 tools/trim-models.py --check   change nothing; fail if a model differs
    python3 tools/trim-models.py --add SVC also write the model of one more service

A model is botocore's newest service-2.json of that name without its "documentation" texts, as compact JSON. SOURCE.json
records the botocore version and, for each model, the API version and the SHA-256 of the uncompressed service-2.json.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import sys

import botocore

MODELS = pathlib.Path(__file__).resolve().parent.parent / "internal" / "api" / "models"
DATA = pathlib.Path(botocore.__file__).resolve().parent / "data"
SOURCE = "SOURCE.json"
PROSE = ("documentation", "examples", "title")


def read_source(service):
    """Return the newest API version of a service and the bytes of its service-2.json."""
    versions = sorted(p.name for p in (DATA / service).iterdir() if p.is_dir())
    path = DATA / service / versions[-1] / "service-2.json"
    if path.exists():
        return versions[-1], path.read_bytes()
    return versions[-1], gzip.decompress(path.with_name(path.name + ".gz").read_bytes())


def trim(node):
    """Return node without its prose.

    Prose is text; an entry of the same name that is an object is a shape or a member, and stays.
    """
    if isinstance(node, dict):
        return {k: trim(v) for k, v in node.items() if not (k in PROSE and isinstance(v, str))}
    if isinstance(node, list):
        return [trim(v) for v in node]
    return node


def build(services):
    """Return what each file of the models directory should hold, by name."""
    files = {}
    sources = {}
    for service in services:
        version, raw = read_source(service)
        sources[service] = {"apiVersion": version, "sha256": hashlib.sha256(raw).hexdigest()}
        files[service + ".json"] = json.dumps(trim(json.loads(raw)), separators=(",", ":")).encode()
    record = {"botocore": botocore.__version__, "models": sources}
    files[SOURCE] = (json.dumps(record, indent=2) + "\n").encode()
    return files


def main():
    """Write or compare the models; return the exit status."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--check", action="store_true", help="change nothing; fail if a model differs")
    flags.add_argument("--add", metavar="SVC", action="append", default=[], help="botocore's name of a service")
    flags.add_argument("--out", type=pathlib.Path, default=MODELS, help="write here instead of internal/api/models")
    args = flags.parse_args()

    services = sorted({p.stem for p in MODELS.glob("*.json") if p.name != SOURCE} | set(args.add))
    differ = []
    for name, want in sorted(build(services).items()):
        path = args.out / name
        if path.exists() and path.read_bytes() == want:
            continue
        differ.append(name)
        if not args.check:
            args.out.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_bytes(want)
    verb = "differ" if args.check else "written"
    print(f"botocore {botocore.__version__}: {len(services)} models, {len(differ)} files {verb}", *differ)
    return 1 if args.check and differ else 0


if __name__ == "__main__":
    sys.exit(main())
