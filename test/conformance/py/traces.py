"""Replays recorded AWS calls against a server and compares every answer with what AWS gave.

    python traces.py --endpoint http://127.0.0.1:4566 --models internal/api/models --exceptions FILE --extras FILE TRACES.json…

A trace is a list of cases, a case a list of calls in order. Placeholders such as <uuid:1> stand for generated values:
they are bound when first met in a case and must stay the same. An exception is a line "case: reason"; a case that is
excepted but passes is a failure too, so that the list stays true. The exit status is the number of failures, at most 1.

What the recordings leave out is in EXTRAS: pauses before a step, and headers that went with one.
"""

import argparse
import base64
import gzip
import json
import os
import re
import sys
import tempfile
import time

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT, REGION = "000000000000", "us-east-1"
PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z0-9_-]*(?::\d+)?>")
TIMES = {"timestamp", "date", "datetime", "<datetime>"}


class Mismatch(Exception):
    pass


def query_model(models, service, directory):
    """Writes a botocore model that speaks a JSON service's old Query protocol, from our model and its overlay."""
    with open(os.path.join(models, service + ".json")) as f:
        model = json.load(f)
    with open(os.path.join(models, "overlay", service + ".json")) as f:
        overlay = json.load(f)
    meta = model["metadata"]
    meta.update(protocol="query", protocols=["query"], xmlNamespace=overlay["metadata"]["xmlNamespace"],
                signingName=meta.get("signingName", meta["endpointPrefix"]), serviceId=meta["serviceId"] + " Query")
    meta.pop("awsQueryCompatible", None)
    shapes = model["shapes"]
    for name, change in overlay["shapes"].items():
        for member, facts in change.get("members", {}).items():
            shapes[name]["members"][member]["locationName"] = facts["queryName"]
        for part in ("key", "value"):
            if part in change:
                shapes[name][part]["locationName"] = change[part]["queryName"]
        if "error" in change:
            shapes[name]["error"] = change["error"]
    for name, op in model["operations"].items():
        if "output" in op:
            op["output"]["resultWrapper"] = name + "Result"
    folder = os.path.join(directory, service + "-query", meta["apiVersion"])
    os.makedirs(folder)
    with open(os.path.join(folder, "service-2.json"), "w") as f:
        json.dump(model, f)
    data = os.path.join(os.path.dirname(botocore.__file__), "data", service, meta["apiVersion"])
    with gzip.open(os.path.join(data, "endpoint-rule-set-1.json.gz")) as f, \
            open(os.path.join(folder, "endpoint-rule-set-1.json"), "wb") as out:
        out.write(f.read())


class Clients:
    def __init__(self, endpoint, models, directory):
        self.endpoint, self.made = endpoint, {}
        for overlay in os.listdir(os.path.join(models, "overlay")):
            with open(os.path.join(models, "overlay", overlay)) as f:
                if "query" in json.load(f).get("metadata", {}).get("protocols", []):
                    query_model(models, overlay.removesuffix(".json"), directory)
        self.session = botocore.session.get_session()
        self.session.get_component("data_loader").search_paths.append(directory)
        self.headers = {}  # sent with every request besides the client's own
        self.session.register("before-sign", self.add_headers)

    def add_headers(self, request, **_):
        for name, value in self.headers.items():
            request.headers[name] = value

    def get(self, service):
        if service not in self.made:
            self.made[service] = self.session.create_client(
                service, region_name=REGION, endpoint_url=self.endpoint, aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=60))
        return self.made[service]


def special(value):
    """Returns what a parameter in a special form stands for."""
    if isinstance(value, dict):
        if set(value) == {"$text_len"}:
            return "a" * value["$text_len"]
        if set(value) == {"$b64"}:
            return base64.b64decode(value["$b64"])
        return {k: special(v) for k, v in value.items()}
    if isinstance(value, list):
        return [special(v) for v in value]
    return value


def lookup(answers, path):
    step, _, rest = path.partition(".")
    value = answers[int(step)]
    for part in re.findall(r"[^.\[\]]+", rest):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def fill(value, answers):
    """Replaces ${3.QueueUrl} by that field of step 3's answer."""
    if isinstance(value, dict):
        return {k: fill(v, answers) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, answers) for v in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{(\d+\.[^{}]*)\}", value)
    if whole:
        return lookup(answers, whole.group(1))
    return re.sub(r"\$\{(\d+\.[^{}]*)\}", lambda m: str(lookup(answers, m.group(1))), value)


def mask(value):
    """Turns our account, region and partition into the masks of the recordings."""
    if isinstance(value, dict):
        return {mask(k): mask(v) for k, v in value.items()}
    if isinstance(value, list):
        return [mask(v) for v in value]
    if isinstance(value, str):
        value = re.sub(r"arn:aws:", "arn:<partition>:", value)
        return value.replace(ACCOUNT, "111111111111").replace(REGION, "<region>")
    return value


def equal(want, got, bound, path="answer"):
    """Compares a recorded value with ours; raises Mismatch at the first difference."""
    if isinstance(want, dict):
        if isinstance(got, str) and got.startswith("{"):
            got = json.loads(got)
        if not isinstance(got, dict):
            raise Mismatch(f"{path} = {got!r}, want an object")
        if path.endswith(".HTTPHeaders"):
            return
        for key in sorted(set(want) | set(got)):
            if key not in got:
                raise Mismatch(f"{path}.{key} is missing, want {want[key]!r}")
            if key not in want:
                raise Mismatch(f"{path}.{key} = {got[key]!r}, want nothing there")
            equal(want[key], got[key], bound, f"{path}.{key}")
    elif isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            raise Mismatch(f"{path} = {got!r}, want {want!r}")
        for i, item in enumerate(want):
            equal(item, got[i], bound, f"{path}[{i}]")
    elif isinstance(want, str) and (want in TIMES or PLACEHOLDER.search(want)):
        text(want, got, bound, path)
    elif want != got:
        raise Mismatch(f"{path} = {got!r}, want {want!r}")


def text(want, got, bound, path):
    """Compares text that holds placeholders, and binds those that are new."""
    if want in TIMES:
        if got in (None, ""):
            raise Mismatch(f"{path} = {got!r}, want a time")
        return
    pattern, names, last = "", [], 0
    for m in PLACEHOLDER.finditer(want):
        pattern += re.escape(want[last:m.start()])
        if m.group() in ("<region>", "<partition>"):
            pattern += re.escape(m.group())
        elif ":" in m.group() and m.group() in bound:
            pattern += re.escape(bound[m.group()])
        else:
            names.append(m.group())
            pattern += "(.+?)"
        last = m.end()
    pattern += re.escape(want[last:])
    match = re.fullmatch(pattern, str(got), re.S)
    if not match:
        raise Mismatch(f"{path} = {got!r}, want {want!r} with {bound}")
    for name, value in zip(names, match.groups()):
        if ":" in name and bound.setdefault(name, value) != value:
            raise Mismatch(f"{path} = {got!r}: {name} was {bound[name]!r}")


def contains(want, got, bound):
    """Reports whether want equals got or some part of it."""
    trial = dict(bound)
    try:
        equal(want, got, trial)
        bound.update(trial)
        return True
    except Mismatch:
        pass
    parts = got.values() if isinstance(got, dict) else got if isinstance(got, list) else ()
    return any(contains(want, part, bound) for part in parts)


def clean_error(answer):
    """Leaves out what botocore adds on its own."""
    meta = answer.get("ResponseMetadata", {})
    for key in ("RequestId", "RetryAttempts", "HostId", "MaxAttemptsReached"):
        meta.pop(key, None)
    meta["HTTPHeaders"] = {}
    return answer


def extra(case, extras):
    """Returns what was done at each step of a case besides what was recorded."""
    for prefix, steps in extras.items():
        if case["case"].startswith(prefix):
            return {int(i): what for i, what in steps.items()}
    return {}


def run_case(case, clients, extras):
    answers, bound, checks = {}, {}, 0
    more = extra(case, extras)
    for step in case["steps"]:
        time.sleep(more.get(step["i"], {}).get("pause_seconds", 0))
        clients.headers = more.get(step["i"], {}).get("headers", {})
        method = botocore.xform_name(step["op"])
        params = special(fill(step["params"], answers))
        for i in range(step["i"], step["i"] + step.get("repeat", 1)):
            try:
                answer = getattr(clients.get(step["service"]), method)(**params)
                failed = None
            except ClientError as e:
                answer, failed = e.response, e
            answers[i] = answer
        if failed and not step.get("expect_error"):
            raise Mismatch(f"step {step['i']} {step['op']}: {failed}")
        if not failed and step.get("expect_error"):
            raise Mismatch(f"step {step['i']} {step['op']}: got {answer!r}, want an error")
        got = mask(clean_error(json.loads(json.dumps(answer, default=str))))
        for expect in step.get("expect", []):
            checks += 1
            try:
                if expect["how"] == "part":
                    if not contains(expect["snapshot"], got, bound):
                        raise Mismatch(f"{got!r} has no part {expect['snapshot']!r}")
                else:
                    equal(expect["snapshot"], got, bound)
            except Mismatch as e:
                raise Mismatch(f"step {step['i']} {step['op']} {expect['key']}: {e}") from e
    return checks


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--models", required=True)
    parser.add_argument("--exceptions", required=True)
    parser.add_argument("--extras", required=True)
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("traces", nargs="+")
    args = parser.parse_args()

    exceptions = {}
    with open(args.exceptions) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, _, reason = line.strip().partition(": ")
                exceptions[name] = reason
    with open(args.extras) as f:
        extras = json.load(f)
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        clients = Clients(args.endpoint, args.models, directory)
        for file in args.traces:
            service = os.path.basename(file).removesuffix(".json")
            with open(file) as f:
                cases = [c for c in json.load(f) if args.case in c["case"]]
            passed = excepted = checks = 0
            for case in cases:
                name = f"{service} {case['case']}"
                try:
                    checks += run_case(case, clients, extras)
                    if name in exceptions:
                        failures += 1
                        print(f"FAIL {name}: passes, but is listed as an exception")
                    passed += 1
                except Exception as e:  # one case must not hide the next
                    if name in exceptions:
                        excepted += 1
                        print(f"EXCEPTED {name}: {exceptions[name]}")
                    else:
                        failures += 1
                        print(f"FAIL {name}: {e if isinstance(e, Mismatch) else repr(e)}")
            print(f"{service}: {passed} of {len(cases)} recorded cases equal ({checks} answers compared), {excepted} excepted")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
