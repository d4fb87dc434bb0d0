#!/usr/bin/env python3
"""Check a backend response against what the iOS client can decode.

  check.py ENDPOINT RESPONSE.json [--variant NAME] [--status N] [--strict]
  check.py --model MODEL RESPONSE.json        check one model by its $defs name
  check.py --list                             endpoints, their variants and models
  check.py --request ENDPOINT REQUEST.json    check a request body against the sent-field facts

RESPONSE.json may be '-' for standard input.  ENDPOINT may be PATH or PATH#VARIANT.
Exit status: 0 the client decodes it, 1 it does not, 2 usage or file problem.

Output lines:
  OK / FAIL   the verdict per response model
  error:      the client's decode fails there, so the whole screen gets nothing
  warning:    decodes, but the client silently drops that value (--strict turns these into errors)
The rule code == 200 (msg has the declared type) versus any other code (msg is read as a
string, whatever it is) is part of the schemas.
"""

import argparse, json, os, sys

try:
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012
except ImportError:
    sys.exit("needs the jsonschema package (4.18 or newer): pip install jsonschema")

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = "urn:ios-models"


def _load(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as fh:
        return json.load(fh)


MODELS = _load("models.schema.json")
ENDPOINTS = _load("endpoints.json")
_REGISTRY = Registry().with_resource(BASE, Resource.from_contents(MODELS, DRAFT202012))


def _is_integer(_checker, value):
    # 1.0 is accepted for an integer by the client's decoder, true/false is not
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


_TYPES = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)


_VALIDATOR = validators.extend(Draft202012Validator, {}, type_checker=_TYPES)


def _hard(schema, instance):
    """Errors of one schema (x-swift-... keywords are unknown here and so ignored)."""
    return list(_VALIDATOR(schema, registry=_REGISTRY).iter_errors(instance))


def _absolute(schema):
    """Make local references absolute, so that a sub-schema can be used on its own."""
    if isinstance(schema, dict):
        return {
            k: BASE + v if k == "$ref" and v.startswith("#") else _absolute(v)
            for k, v in schema.items()
        }
    return [_absolute(v) for v in schema] if isinstance(schema, list) else schema


def _soft(schema, instance, path, out):
    """Walk along the values the client keeps and note the ones it silently drops."""
    if "$ref" in schema:
        _soft(_absolute(MODELS["$defs"][schema["$ref"].split("/")[-1]]), instance, path, out)
    wanted = schema.get("x-swift-try")
    if wanted is not None and instance is not None:
        bad = [leaf for e in _hard(wanted, instance) for leaf in leaves(e)]
        out += [f"{join(path, leaf.path_text)}: {leaf.text} (value is dropped)" for leaf in bad]
        if not bad:
            _soft(wanted, instance, path, out)
    if isinstance(instance, dict):
        for name in schema.get("x-swift-try-required", ()):
            if instance.get(name) is None:
                out.append(
                    f"{join(path, name)}: absent or null, the client silently ends up with nothing"
                )
        for name, sub in schema.get("properties", {}).items():
            if name in instance:
                _soft(sub, instance[name], f"{path}/{name}".strip("/"), out)
    if isinstance(instance, list) and "items" in schema:
        for i, value in enumerate(instance):
            _soft(schema["items"], value, f"{path}/{i}".strip("/"), out)
    for sub in schema.get("allOf", ()):
        _soft(sub, instance, path, out)
    for sub in schema.get("anyOf", ()):
        if not _hard(sub, instance):
            _soft(sub, instance, path, out)
            break
    if "if" in schema:
        branch = schema.get("else" if _hard(schema["if"], instance) else "then")
        if branch:
            _soft(branch, instance, path, out)


class Leaf:
    def __init__(self, path_text, text):
        self.path_text, self.text = path_text, text


def kind(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {dict: "object", list: "array", str: "string"}.get(type(value), "number")


def show(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def show_value(value):
    return "" if value is None else " " + show(value)


def join(a, b):
    return "/".join(x for x in (a, b) if x) or "(top)"


def leaves(error, prefix=()):
    """Turn an error tree into the places where the decode would stop."""
    path = tuple(prefix) + tuple(error.relative_path)
    if error.validator == "anyOf":
        branches = {}
        for sub in error.context:
            branches.setdefault(sub.schema_path[0], []).append(sub)
        wanted = []
        for index, subs in branches.items():
            if error.schema["anyOf"][index] == {"type": "null"}:
                continue
            wanted.append(subs)
        # several real alternatives: keep the one that gets deepest
        if wanted:
            best = max(wanted, key=lambda subs: max(depth(s) for s in subs))
            for sub in best:
                yield from leaves(sub, path)
            return
    text = "/".join(str(p) for p in path)
    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield Leaf(join(text, name), "required, but absent")
        return
    if error.validator == "type":
        want = error.validator_value
        want = " or ".join(want) if isinstance(want, list) else want
        yield Leaf(text, f"expected {want}, got {kind(error.instance)}{show_value(error.instance)}")
        return
    if error.validator == "not":
        yield Leaf(text, "with code 200 this must not be an array (an empty one included)")
        return
    yield Leaf(text, error.message if len(error.message) < 160 else error.message[:157] + "...")


def depth(error):
    own = len(error.relative_path)
    return own + max((depth(c) for c in error.context), default=0) if error.context else own


def dedupe(items):
    out = []
    for item in items:
        if item not in out:
            out.append(item)
    return out


def check_ref(ref, instance):
    """-> (errors, warnings)"""
    root = {"$ref": BASE + ref}
    errors = dedupe(
        [f"{x.path_text or '(top)'}: {x.text}" for e in _hard(root, instance) for x in leaves(e)]
    )
    warnings = []
    if not any(e.startswith(("(top)", "code:")) for e in errors):
        _soft(root, instance, "", warnings)
    return errors, dedupe(warnings)


def check_model(name, instance):
    """-> (errors, warnings) for one $defs name."""
    if name not in MODELS["$defs"]:
        raise KeyError(name)
    return check_ref("#/$defs/" + name, instance)


def targets(endpoint, variant):
    """-> (mode, [(label, ref)])"""
    if "#" in endpoint and not variant:
        endpoint, variant = endpoint.split("#", 1)
    entry = (
        ENDPOINTS.get(endpoint)
        or ENDPOINTS.get(endpoint.strip("/"))
        or ENDPOINTS.get(endpoint.strip("/") + "/")
    )
    if not entry:
        raise KeyError(endpoint)
    variants = entry.get("variants") or {}
    if variant:
        if variant not in variants:
            raise KeyError(f"{endpoint}#{variant} (has: {', '.join(variants) or 'no variants'})")
        entry = variants[variant]
        return "all", [(entry["response_model"], entry["success_schema"]["$ref"])]
    if entry.get("variant_mode") == "by_request":
        return "any", [
            (f"#{n} {v['response_model']}", v["success_schema"]["$ref"])
            for n, v in variants.items()
        ]
    if not entry.get("success_schema"):
        return "all", []
    return "all", [(entry["response_model"], entry["success_schema"]["$ref"])]


def check_request(endpoint, body):
    if "#" in endpoint:
        endpoint, variant = endpoint.split("#", 1)
    else:
        variant = None
    entry = ENDPOINTS.get(endpoint) or ENDPOINTS.get(endpoint.strip("/") + "/")
    if not entry:
        raise KeyError(endpoint)
    if variant:
        entry = entry["variants"][variant]
    fields = entry["request"]["fields"]
    out = []
    for name, facts in fields.items():
        if name not in body:
            if facts["required"]:
                out.append(f"{name}: the client always sends it")
            continue
        value = body[name]
        if value is None:
            if not facts.get("nullable"):
                out.append(f"{name}: the client never sends null")
            continue
        want = facts["type"].split("|")
        ok = {
            "string": isinstance(value, str),
            "object": isinstance(value, dict),
            "array": isinstance(value, list),
            "boolean": isinstance(value, bool),
            "file": isinstance(value, str),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, (int, float)) and not isinstance(value, bool),
            "string_or_int": isinstance(value, (int, str)) and not isinstance(value, bool),
        }
        if not any(ok.get(w, True) for w in want):
            out.append(f"{name}: the client sends {facts['type']}, not {kind(value)}")
    out += [f"{name}: not sent by the client" for name in body if name not in fields]
    return out


def read(path):
    with sys.stdin if path == "-" else open(path, encoding="utf-8") as fh:
        return json.load(fh)


def main(argv=None):
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("endpoint", nargs="?")
    ap.add_argument("response", nargs="?")
    ap.add_argument("--variant")
    ap.add_argument("--model")
    ap.add_argument("--status", type=int, default=200, help="HTTP status of the response")
    ap.add_argument("--strict", action="store_true", help="silently dropped values count as errors")
    ap.add_argument("--request", action="store_true", help="the file is a request body")
    ap.add_argument("--list", action="store_true")
    a = ap.parse_args(argv)
    if a.list:
        for path, e in ENDPOINTS.items():
            if path.startswith("_"):
                continue
            mark = "" if e.get("called", True) else "   (never called by this client)"
            print(f"{path}: {e.get('response_model') or '-'}{mark}")
            for n, v in (e.get("variants") or {}).items():
                print(f"    #{n}: {v['response_model']}")
        return 0
    if a.model and a.response is None:
        a.endpoint, a.response = None, a.endpoint
    if not a.response or not (a.endpoint or a.model):
        ap.print_usage()
        return 2
    try:
        body = read(a.response)
    except (OSError, ValueError) as exc:
        print(f"FAIL {a.response}: not readable JSON: {exc}")
        return 1 if isinstance(exc, ValueError) else 2
    try:
        if a.request:
            problems = check_request(a.endpoint, body)
            for p in problems:
                print("  error:", p)
            print("FAIL" if problems else "OK", a.endpoint, "request")
            return 1 if problems else 0
        mode, todo = (
            ("all", [(a.model, "#/$defs/" + a.model)])
            if a.model
            else targets(a.endpoint, a.variant)
        )
        if a.model and a.model not in MODELS["$defs"]:
            raise KeyError(a.model)
    except KeyError as exc:
        print("unknown:", exc.args[0])
        return 2
    if not todo:
        print("OK (the client has no response model for this endpoint)")
        return 0
    if not 200 <= a.status <= 299:
        print(f"FAIL: HTTP {a.status} is outside 200-299; the client does not read the body")
        return 1
    verdicts = []
    for label, ref in todo:
        errors, warnings = check_ref(ref, body)
        if a.strict:
            errors, warnings = errors + warnings, []
        verdicts.append(not errors)
        code = body.get("code") if isinstance(body, dict) else None
        print("OK" if not errors else "FAIL", a.endpoint or "", label, f"(code {show(code)})")
        for e in errors:
            print("  error:", e)
        for w in warnings:
            print("  warning:", w)
    good = any(verdicts) if mode == "any" else all(verdicts)
    if mode == "any":
        print("OK for at least one variant" if good else "FAIL for every variant")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
