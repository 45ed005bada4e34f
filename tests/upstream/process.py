# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Run a suite in fresh processes, several side by side."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import os
import pathlib
import subprocess
import sys
import time

from tests.upstream import outcomes
from tests.upstream import worker

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
LOG_TAIL_LINES = 30


class ProcessError(Exception):
    """A process left no result; the message has the end of its log."""


def run(
    job: worker.Job,
    *,
    concurrency: int,
    environment: Mapping[str, str],
    folder: pathlib.Path,
    timeout_s: float,
) -> outcomes.Run:
    """Share a job between processes and join what they report.

    :param environment: variables beside those of this process.
    :param folder: new; where the processes leave logs and results.
    :raises ProcessError: a process died or took too long.
    """
    folder.mkdir(parents=True)
    deadline_s = time.monotonic() + timeout_s
    started: list[tuple[subprocess.Popen[bytes], pathlib.Path]] = []
    try:
        for number in range(concurrency):
            path = folder / f'{number}.run'
            share = dataclasses.replace(
                job, share_number=number, share_of=concurrency
            )
            started.append((_start(share, path, environment), path))
        return outcomes.joined(
            _result(process, path, deadline_s - time.monotonic())
            for process, path in started
        )
    finally:
        for process, _path in started:
            process.kill()
            process.wait()


def _start(
    job: worker.Job, path: pathlib.Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    job_path = path.with_suffix('.job')
    job_path.write_text(job.to_json())
    command = [sys.executable, '-m', worker.__name__]
    command += [str(job_path), str(path)]
    with open(path.with_suffix('.log'), 'wb') as log:
        return subprocess.Popen(
            command,
            cwd=REPO,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _result(
    process: subprocess.Popen[bytes], path: pathlib.Path, timeout_s: float
) -> outcomes.Run:
    try:
        status = process.wait(max(timeout_s, 0))
    except subprocess.TimeoutExpired as err:
        raise ProcessError(_explained('it took too long', path)) from err
    if status != 0 or not path.is_file():
        raise ProcessError(_explained(f'exit status {status}', path))
    return outcomes.Run.from_json(path.read_text())


def _explained(problem: str, path: pathlib.Path) -> str:
    log = path.with_suffix('.log')
    lines = log.read_text(errors='replace').splitlines()[-LOG_TAIL_LINES:]
    last = lines[-1] if lines else 'its log is empty'
    return '\n'.join([f'{problem}: {last}', f'The end of {log}:', *lines])
