#!/usr/bin/env python3
"""critest_judge.py [--partial] TABLE REPORT…: holds ginkgo's JSON reports against the table of what is expected.

A line of the table: a verdict, a tab, its reason (empty for pass), a tab, the spec's name. The verdicts: "pass";
"skip", which must not pass; "either", for a spec whose outcome says nothing, counted as skipped. A spec that one
of several reports left out counts as the other has it. With --partial specs that did not run are not missed."""
import json
import os
import sys


def read_table(path):
    table = {}
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        verdict, reason, name = line.split("\t")
        if verdict not in ("pass", "skip", "either") or (verdict != "pass") != bool(reason):
            sys.exit(f"{path}:{number}: pass without, skip or either with a reason is meant")
        table[name] = (verdict, reason)
    return table


def read_report(path, specs):
    """Adds name → (state, message) of every spec."""
    for suite in json.load(open(path, encoding="utf-8")):
        for spec in suite["SpecReports"] or []:
            if spec["LeafNodeType"] != "It":
                continue
            name = " ".join((spec["ContainerHierarchyTexts"] or []) + [spec["LeafNodeText"]])
            message = (spec.get("Failure") or {}).get("Message", "")
            left_out = spec["State"] == "skipped" and not message
            if not left_out or name not in specs:
                specs[name] = (spec["State"], message)


def judge(table, specs, partial):
    """Yields (outcome, name, remark); outcome is "ok", "skip" or "FAIL"."""
    for name, (state, message) in sorted(specs.items()):
        verdict, reason = table.get(name, ("", ""))
        if partial and state == "skipped" and not message:
            continue
        if not verdict:
            yield "FAIL", name, f"{state}, and not in the table"
        elif verdict == "either":
            yield "skip", name, reason
        elif state == "passed":
            yield ("ok", name, "") if verdict == "pass" else ("FAIL", name, f"passes, but the table says skip: {reason}")
        elif verdict == "pass":
            yield "FAIL", name, f"{state}: {message[:1500]}"
        else:
            yield "skip", name, reason
    if not partial:
        for name in sorted(set(table) - set(specs)):
            yield "FAIL", name, "in the table, but this critest has no such spec"


def main():
    partial = sys.argv[1] == "--partial"
    files = sys.argv[2:] if partial else sys.argv[1:]
    table, specs = read_table(files[0]), {}
    for path in files[1:]:
        read_report(path, specs)
    count = {"ok": 0, "skip": 0, "FAIL": 0}
    for outcome, name, remark in judge(table, specs, partial):
        count[outcome] += 1
        print(f"{outcome:5} {name}" + (f"\n      {remark}" if remark else ""))
    print(f"critest: {count['ok']} passed, {count['FAIL']} failed, {count['skip']} skipped")
    if os.environ.get("JOBPOD_TEST_COUNTS"):
        with open(os.environ["JOBPOD_TEST_COUNTS"], "a", encoding="utf-8") as counts:
            counts.write(f"{count['ok']} {count['FAIL']} {count['skip']}\n")
    sys.exit(1 if count["FAIL"] else 0)


if __name__ == "__main__":
    main()
