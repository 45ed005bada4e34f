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

# What tools/demo and tools/test do first: system packages and a virtual
# environment, both only as far as they are missing. Sourced by bash.
#
#   bootstrap_init PROGRAM       first of all; PROGRAM is for messages
#   require_root                 end with one sentence without root
#   install_system_packages PROFILE ...
#   install_python NAME PIP_ARGUMENT ...
#   give_back                    files made by root go to who owns the clone
#
# Afterwards $VENV/bin/python is there. Nothing is fetched where nothing is
# missing.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
STATE_DIR=$REPO/.lab
VENV=$STATE_DIR/venv
LOG_DIR=$STATE_DIR/log
LOG=$LOG_DIR/bootstrap.log
CONSTRAINTS=constraints/nova34.txt
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# made by nova-native-tls while packages are installed'
PYTHON_PACKAGES='git python3 python3-venv'

bootstrap_init() {
    PROGRAM=$1
    STEP=0
    TICKER=
    export LC_ALL=C.UTF-8
    export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    cd "$REPO" || exit 1
    # Root works in somebody's clone here, which git refuses by default.
    local count=${GIT_CONFIG_COUNT:-0}
    export "GIT_CONFIG_KEY_$count=safe.directory"
    export "GIT_CONFIG_VALUE_$count=$REPO"
    export GIT_CONFIG_COUNT=$((count + 1))
}

require_root() {
    [ "$(id -u)" -eq 0 ] && return
    printf '%s needs root, for packages and namespaces: run "sudo %s".\n' \
        "$PROGRAM" "$PROGRAM" >&2
    exit 1
}

# step TITLE ADVICE COMMAND ...: a numbered line, the command's output into
# the log, and what it took; ends the program when the command fails.
step() {
    local title=$1 advice=$2 start=$SECONDS status=0
    shift 2
    STEP=$((STEP + 1))
    mkdir -p "$LOG_DIR"
    printf '[%d] %s\n' "$STEP" "$title"
    printf '\n== %s: %s\n' "$(date -u +%FT%TZ)" "$title" >> "$LOG"
    NOTE=
    start_ticker
    "$@" 3>&1 >> "$LOG" 2>&1 || status=$?
    stop_ticker
    if [ "$status" -ne 0 ]; then
        printf '    failed after %d s. The last lines of its log:\n' \
            $((SECONDS - start)) >&2
        tail -n 8 "$LOG" | sed 's/^/    | /' >&2
        printf '    What to do: %s\n    Log: %s\n' "$advice" "$LOG" >&2
        give_back
        exit 1
    fi
    printf '    %s (%d s)\n' "${NOTE:-done}" $((SECONDS - start))
}

# On a terminal, the time that a step has taken so far.
start_ticker() {
    [ -t 1 ] || return 0
    (
        seconds=0
        while sleep 1 && kill -0 $$ 2> /dev/null; do
            seconds=$((seconds + 1))
            printf '\r    %d s ' "$seconds"
        done
    ) &
    TICKER=$!
    trap 'stop_ticker; exit 130' INT
    trap 'stop_ticker; exit 143' TERM
}

stop_ticker() {
    [ -n "$TICKER" ] || return 0
    kill "$TICKER" 2> /dev/null
    wait "$TICKER" 2> /dev/null
    TICKER=
    trap - INT TERM
    printf '\r                \r'
}

# A line under the title, while the step goes on.
progress() {
    printf '    %s\n' "$*" >&3
}

install_system_packages() {
    step 'System packages' \
        'look at the log; when a mirror did not answer, run this again' \
        system_packages "$@"
}

system_packages() {
    local stamp="$STATE_DIR/packages-$*"
    # bindep takes a second to say what cannot have changed.
    if [ -s "$stamp" ] && [ "$(packages_digest)" = "$(cat "$stamp")" ] &&
        python_is_usable && venv_is_right; then
        NOTE='nothing is missing'
        return 0
    fi
    if ! python_is_usable; then
        if ! command -v apt-get > /dev/null; then
            echo "Install Python 3.11 or newer with venv, and git: there is" \
                "no apt-get here to do it."
            return 1
        fi
        progress "installing $PYTHON_PACKAGES"
        # Word splitting is wanted.
        # shellcheck disable=SC2086
        apt_install $PYTHON_PACKAGES || return
        APT_IS_FRESH=yes
    fi
    if ! python_is_usable; then
        echo 'This needs Python 3.11 or newer, git, and the module venv.'
        return 1
    fi
    make_venv || return
    if [ ! -x "$VENV/bin/bindep" ]; then
        progress 'installing bindep, which knows what is missing'
        pip_install bindep || return
    fi
    local missing status=0
    missing=$("$VENV/bin/bindep" --brief "$@") || status=$?
    if [ "$status" -eq 0 ]; then
        packages_digest > "$stamp"
        NOTE='nothing is missing'
        return 0
    fi
    if [ -z "$missing" ]; then
        echo "bindep failed with exit status $status."
        return 1
    fi
    # shellcheck disable=SC2086
    set -- $missing
    if ! command -v apt-get > /dev/null; then
        echo "Install these packages, there is no apt-get here to do it: $*"
        return 1
    fi
    progress "installing $*"
    apt_install "$@" || return
    packages_digest > "$stamp"
    NOTE="installed $# packages and what they need"
}

# Changes with the list of what is wanted, and whenever dpkg installs or
# removes anything; nothing where there is no dpkg.
packages_digest() {
    [ -e /var/lib/dpkg/status ] &&
        cat bindep.txt /var/lib/dpkg/status | sha256sum
}

python_is_usable() {
    command -v git > /dev/null && python3 -c '
import ensurepip, sys, venv
sys.exit(sys.version_info < (3, 11))' 2> /dev/null
}

# No service is started and no question is asked.
apt_install() (
    if grep -qsF "$POLICY_MARK" "$POLICY"; then
        # A run before this one was killed.
        rm -f "$POLICY"
    fi
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if [ ! -e "$POLICY" ] && [ ! -L "$POLICY" ]; then
        trap 'rm -f "$POLICY"' EXIT
        printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" > "$POLICY" &&
            chmod 755 "$POLICY" || exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    # Finishes what a killed run left half done; nothing otherwise.
    dpkg --configure -a < /dev/null
    if [ -z "${APT_IS_FRESH:-}" ]; then
        apt-get --quiet update || exit 1
    fi
    apt-get --quiet --yes --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
        install "$@" < /dev/null
)

# A virtual environment belongs to one Python and one place.
venv_is_right() {
    local wanted
    wanted="$(python3 -c 'import sys; print(sys.version, sys.prefix)') $VENV"
    [ "$wanted" = "$(cat "$VENV/made-for" 2> /dev/null)" ]
}

make_venv() {
    venv_is_right && return
    progress 'making a virtual environment'
    rm -rf "$VENV"
    python3 -m venv "$VENV" &&
        echo "$(python3 -c 'import sys; print(sys.version, sys.prefix)')" \
            "$VENV" > "$VENV/made-for"
}

# The variable is for the tools that pip builds packages with; relative,
# because pip splits it at blanks.
pip_install() {
    PIP_CONSTRAINT=${PIP_CONSTRAINT:-$CONSTRAINTS} \
        PIP_BUILD_CONSTRAINT=${PIP_BUILD_CONSTRAINT:-$CONSTRAINTS} \
        PIP_DISABLE_PIP_VERSION_CHECK=1 \
        "$VENV/bin/python" -m pip install --no-input \
        --constraint "$CONSTRAINTS" "$@"
}

install_python() {
    step 'Python environment' \
        'look at the log; when the package index did not answer, run this again' \
        python_environment "$@"
}

python_environment() {
    local stamp=$VENV/installed-$1 wanted
    shift
    if ! git rev-parse --git-dir && [ ! -e PKG-INFO ]; then
        # pbr asks git for the version.
        export PBR_VERSION=${PBR_VERSION:-0.0.1}
    fi
    wanted=$(cat "$VENV/made-for" bindep.txt "$CONSTRAINTS" pyproject.toml \
        setup.cfg requirements.txt tools/bootstrap.sh | sha256sum) || return
    if [ "$wanted" = "$(cat "$stamp" 2> /dev/null)" ]; then
        NOTE='nothing is missing'
        return 0
    fi
    pip_install "$@" && printf '%s\n' "$wanted" > "$stamp"
}

# With sudo in one's own clone, what root made there would be in the way.
give_back() {
    local owner
    owner=$(stat -c %u:%g "$REPO")
    [ "${owner%%:*}" -eq 0 ] && return
    find "$REPO" -xdev -name .git -prune -o -uid 0 \
        -exec chown -h "$owner" {} +
}
