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

import contextlib
import io
import pathlib
import threading

import testtools

from tests.tox_envs import outcome
from tests.tox_envs import run
from tests.tox_envs import screen


def result(env: str, **counts: int) -> outcome.EnvResult:
    return outcome.EnvResult(
        env=env,
        counts=outcome.Counts(**counts),
        duration_s=1,
        log_path=pathlib.Path('/dev/null'),
    )


class FakeTox:
    """Keeps what is asked of it.

    :ivar unbuildable: environments that cannot be built.
    :ivar meet: wait for one another, or fail.
    """

    def __init__(self, unbuildable=(), meet=1):
        self.is_over = False
        self.built = []
        self.ran = []
        self._unbuildable = unbuildable
        self._barrier = threading.Barrier(meet, timeout=60)

    def build(self, env):
        self.built.append(env)
        if env in self._unbuildable:
            return result(env, failed=1)
        return result(env, passed=1)

    def run(self, env, *, niceness, by_itself):
        self._barrier.wait()
        self.ran.append((env, niceness, by_itself))
        if env == 'broken':
            return result(env, failed=1)
        if env == 'impossible':
            raise OSError('no space left on device')
        return result(env, passed=3)

    def end(self):
        self.is_over = True


class RunTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.printed = io.StringIO()

    def run_all(self, tox, *lanes):
        envs = [env for lane in lanes for env in lane]
        with contextlib.redirect_stdout(self.printed):
            with screen.Screen() as shown:
                one = run.Run(tox, shown, first_step=3)
                one.build(envs, serial=False)
                one.run(lanes)
        return {env: str(each.counts) for env, each in one.results.items()}

    def test_lanes_run_side_by_side(self):
        """Each lane has its environments in turn, the second for itself."""
        tox = FakeTox(meet=2)
        results = self.run_all(tox, ('lab', 'cloud'), ('pep8', 'py3'))

        self.assertEqual(
            dict.fromkeys(
                ('lab', 'pep8', 'cloud', 'py3'),
                '3 passed, 0 failed, 0 skipped',
            ),
            results,
        )
        first, second = (
            [env for env, *how in tox.ran if how == wanted]
            for wanted in ([0, False], [run.NICENESS, True])
        )
        self.assertEqual(['lab', 'cloud'], first)
        self.assertEqual(['pep8', 'py3'], second)

    def test_failure_ends_nothing(self):
        """What comes after an environment that failed runs, too."""
        tox = FakeTox()
        results = self.run_all(tox, ('broken', 'py3'))

        self.assertEqual(['broken', 'py3'], list(results))
        self.assertIn(
            '[4] broken: 0 passed, 1 failed', self.printed.getvalue()
        )
        self.assertIn('tools/test broken', self.printed.getvalue())

    def test_unbuildable(self):
        """It has failed and does not run; the others do."""
        tox = FakeTox(unbuildable=('lab',))
        results = self.run_all(tox, ('lab', 'cloud'), ('py3',))

        self.assertEqual({'lab', 'cloud', 'py3'}, set(results))
        self.assertEqual('0 passed, 1 failed, 0 skipped', results['lab'])
        self.assertEqual({'cloud', 'py3'}, {env for env, *_how in tox.ran})
        self.assertIn('lab could not be built', self.printed.getvalue())

    def test_all_are_built_first(self):
        """Nothing is installed while a test runs."""
        tox = FakeTox(unbuildable=('lab', 'cloud', 'py3'))
        self.run_all(tox, ('lab', 'cloud'), ('py3',))

        self.assertEqual({'lab', 'cloud', 'py3'}, set(tox.built))
        self.assertEqual([], tox.ran)

    def test_error_ends_all(self):
        """What is wrong with this program itself is raised."""
        tox = FakeTox()
        error = self.assertRaises(
            OSError, self.run_all, tox, ('impossible', 'py3')
        )

        self.assertIn('no space', str(error))
        self.assertTrue(tox.is_over)
        self.assertIn(tox.ran, [[('impossible', 0, False)]])
