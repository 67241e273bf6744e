#!/usr/bin/env bash
# End to end: the launcher as a user meets it. Run by ./check; prints how many cases passed.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tarn launcher XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cases=0

fail() {
  echo "FAILED: $*"
  echo "--- stdout"; cat out
  echo "--- stderr"; cat err
  exit 1
}

# run NAME EXPECTED_EXIT ARGUMENTS…: output in the files out and err
run() {
  name=$1 expected=$2
  shift 2
  "$root/tarn" "$@" >out 2>err
  local code=$?
  cases=$((cases + 1))
  [ "$code" -eq "$expected" ] || fail "$name: exit $code, needed $expected: tarn $*"
}

prints() { [ "$(cat out)" = "$1" ] || fail "$name: stdout is not $1"; }
silent() { [ ! -s err ] || fail "$name: stderr is not empty"; }
complains() { # one line on stderr that contains this
  [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$1" err || fail "$name: stderr is not one line with: $1"
}

"$root/tarn" --version >/dev/null || exit 1 # builds, and may say so

run version 0 --version
grep -q '^tarn [0-9]' out || fail "no version"
silent

run help 0 --help
silent

run no_command 64
complains "which command"

run unknown_command 64 nonsense
complains nonsense

run unknown_option 64 --nonsense
complains --nonsense

# Another locale, character set and time zone change nothing.
for locale in tr de ar; do
  export TARN_JAVA_OPTS="-Duser.language=$locale -Dfile.encoding=ISO-8859-1 -Duser.timezone=Asia/Kathmandu"
  run "locale_$locale" 0 --version
  silent
done
unset TARN_JAVA_OPTS

# Standard output on a full disk.
if [ -e /dev/full ]; then
  "$root/tarn" --help >/dev/full 2>err
  code=$? name=full_disk cases=$((cases + 1))
  : >out
  [ "$code" -eq 74 ] || fail "full disk: exit $code, needed 74"
  complains "standard output could not be written"
fi

# Through a symbolic link, from a folder whose name has spaces.
ln -s "$root/tarn" "$work/linked tarn"
"$work/linked tarn" --version >out 2>err || fail "through a link"
cases=$((cases + 1))

# Without a JDK: one clear sentence.
mkdir bin && for tool in bash dirname readlink find cat; do ln -s "$(command -v $tool)" bin/; done
sed -e 's|/usr/lib/jvm/\*|/nowhere/*|; s|/opt/\*jdk\*|/nowhere/*|; s|/opt/java/\*|/nowhere/*|' "$root/tarn" >without-jdk
env -i PATH="$work/bin" HOME="$work" bash without-jdk --version >out 2>err
code=$? name=no_jdk cases=$((cases + 1))
[ "$code" -eq 70 ] || fail "no JDK: exit $code, needed 70"
complains "needs a JDK 25"

echo "cases: $cases launcher cases"
