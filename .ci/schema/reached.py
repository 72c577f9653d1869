"""What Schemathesis' own reports say of the calls: was each reached, and was any open that must be closed?"""

import collections
import json
from pathlib import Path

VERBS = {"get", "put", "post", "patch", "delete"}
# What is answered to who shows no credential. Everything else succeeds for whom it is for, and for nobody else.
OPEN = {"create_first_admin", "enroll", "setup_state", "sign_in", "sign_out"}
AGENTS = "/api/agent/"


def operations(document: dict) -> dict[str, str]:
    """All calls of the document: `GET /path` by its name."""
    return {
        f"{verb.upper()} {path}": operation["operationId"]
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
        if verb in VERBS
    }


class Report:
    """Of all calls, as one asker."""

    def __init__(self, who: str, status: int, events: Path, summary: Path):
        self.who = who
        self.status = status
        # By call: how often it was answered with each status.
        self.answers = collections.defaultdict(collections.Counter)
        for line in events.read_text().splitlines():
            finished = json.loads(line).get("ScenarioFinished")
            if finished is not None:
                self._take(finished["recorder"])
        told = json.loads(summary.read_text())
        self.cases = told["test_cases"]["generated"]
        self.complete = told["complete"]
        self.failures = [
            f"as {who}: {failure['title']} ({failure['count']}): {', '.join(failure['operations'])}"
            for failure in told["failures"]
        ]
        self.failures += [f"as {who}: {error}" for error in told["errors"]]

    def _take(self, recorder: dict):
        verb = recorder["label"].split(" ")[0]
        for interaction in recorder["interactions"].values():
            # Another verb at the same path says nothing of this one.
            if interaction["response"] is not None and interaction["request"]["method"] == verb:
                self.answers[recorder["label"]][interaction["response"]["status_code"]] += 1

    def succeeded(self, call: str) -> bool:
        """101 is how a WebSocket begins."""
        return any(status == 101 or 200 <= status < 300 for status in self.answers[call])


def judge(document: dict, reports: list[Report]) -> list[str]:
    """What is wrong, a line each."""
    wrong = []
    for report in reports:
        wrong += report.failures
        if report.status != 0 and not report.failures:
            wrong.append(f"as {report.who}: schemathesis ended with status {report.status}")
        if not report.complete:
            wrong.append(f"as {report.who}: not all was asked")
    for call, name in operations(document).items():
        if not any(report.succeeded(call) for report in reports):
            seen = sorted({status for report in reports for status in report.answers[call]})
            wrong.append(f"{call} ({name}) was never reached: {seen or 'not asked'}")
        for report in reports:
            if name in OPEN or not report.succeeded(call):
                continue
            if (AGENTS in call) != (report.who == "agent") or report.who == "nobody":
                wrong.append(f"{call} ({name}) is closed to {report.who}, and was answered {dict(report.answers[call])}")
    return wrong
