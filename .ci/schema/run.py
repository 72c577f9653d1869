"""Holds the server's answers against the document that it serves: as an admin, as an agent, as nobody.

`run.py SERVER FOLDER`: the server's binary, and where logs and reports go. The last line is the tally.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import requests

import reached
from world import Server

HERE = Path(__file__).parent
# Nobody first: the first admin is made by whoever has the link.
WHO = ["nobody", "admin", "agent"]


def ask(who: str, server: Server, folder: Path) -> reached.Report:
    """All calls, as one of them."""
    paths = {kind: folder / f"schema-{who}.{kind}" for kind in ("ndjson", "json", "log")}
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run"]
    command += [server.announced["url"] + "/api/openapi.json", "--no-color", "--report", "ndjson,json"]
    command += ["--report-ndjson-path", paths["ndjson"], "--report-json-path", paths["json"]]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SCHEMA_WHO": who,
        "SCHEMA_ANNOUNCED": json.dumps(server.announced),
    }
    with paths["log"].open("wb") as out:
        status = subprocess.run(command, stdout=out, stderr=out, env=environment, cwd=server.home.name, check=False)
    if status.returncode != 0:
        print(f"as {who}: see {paths['log']}")
        print(paths["log"].read_text(errors="replace"))
    return reached.Report(who, status.returncode, paths["ndjson"], paths["json"])


def main() -> int:
    binary, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(binary, folder / "schema-server.log")
    try:
        document = requests.get(server.announced["url"] + "/api/openapi.json", timeout=30).json()
        reports = [ask(who, server, folder) for who in WHO]
    finally:
        wrong = server.stop()
    wrong += reached.judge(document, reports)
    for line in wrong:
        print(line)
    cases = sum(report.cases for report in reports)
    print(f"{len(reached.operations(document))} operations, {cases} cases, {len(wrong)} failures")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
