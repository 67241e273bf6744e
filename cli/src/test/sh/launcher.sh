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

# Two at once: one builds if that is needed, and says so on one line; the other waits for it.
"$root/tarn" --version >out 2>err & first=$!
"$root/tarn" --version >out2 2>err2 || fail "first use"
wait "$first" || fail "first use, beside another"
name=first_use cases=$((cases + 1))
[ "$(cat err err2 | wc -l)" -le 1 ] || fail "more than one line, or more than one build: $(cat err2)"
cmp -s out out2 || fail "two runs at once differ"

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

# The examples of the textbooks.
input='[[2,2,7,3],[9,4,6,1],[8,5,2,4],[3,1,2,6]]'
run pool_max 0 pool "$input" --kind max --kernel 2 --stride 2
prints '[[9,7],[8,6]]'
silent
run pool_average 0 pool "$input" --kind average --kernel 2 --stride 2
prints '[[4.25,4.25],[4.25,3.5]]'
run pool_l2 0 pool "$input" --kind lp --p 2 --kernel 2 --stride 2
prints '[[10.2470,9.7468],[9.9499,7.7460]]'
run pool_out 0 pool "$input" --kind max --out "pooled map.npy"
[ -s "pooled map.npy" ] || fail "$name: no file"
run pool_missing 66 pool nowhere.png --kind max
complains nowhere.png
run pool_too_small 65 pool '[[1]]' --kind max
complains 'needed at least 2'
run pool_no_folder 73 pool "$input" --kind max --out nowhere/x.npy
complains nowhere

# The main job, on a few images: data, train, evaluate, predict.
run data 0 data digits --out "some images" --count 300
silent
run train 0 train --data "some images" --epochs 4 --lr 0.05 --out "my model.tarn" --out-dir pictures
tail -n 1 out | grep -qE '^test accuracy 0\.[0-9]{4} \([0-9]+ of 300\)$' || fail "$name: no test accuracy"
silent
for picture in learning-curve feature-maps; do
  [ -s "pictures/$picture.png" ] || fail "$name: no picture $picture"
done
run evaluate 0 evaluate "my model.tarn" --data "some images"
tail -n 1 out | grep -q '^test accuracy' || fail "$name: no test accuracy"
silent
for image in "some images"/test/3/*; do break; done
run predict 0 predict "my model.tarn" "$image"
grep -qF "$image: " out || fail "$name: no prediction"
silent
run summary 0 summary "my model.tarn"
run explain 0 explain "my model.tarn"

# Interrupted at any moment: the exit code of the signal, a model that loads, and a run that resumes.
# Whoever started this script in the background made it ignore SIGINT, and its children with it.
heed=()
env --default-signal=INT true 2>/dev/null && heed=(env --default-signal=INT)

interrupt() { # SIGNAL CODE
  name=signal_$1
  set -m # without job control a background program would ignore SIGINT
  ${heed[@]+"${heed[@]}"} "$root/tarn" train --data "some images" --epochs 1000 --out "$1.tarn" >out 2>err &
  local child=$! waited=0
  set +m
  until grep -q '^epoch 2/' out; do
    waited=$((waited + 1))
    [ $waited -lt 600 ] || fail "$name: training does not begin"
    sleep 0.1
  done
  kill -s "$1" "$child"
  wait "$child"
  local code=$?
  cases=$((cases + 1))
  [ "$code" -eq "$2" ] || fail "$name: exit $code, needed $2"
  complains "go on with --resume"
  run "$name evaluate" 0 evaluate "$1.tarn" --data "some images"
  silent
}
interrupt INT 130
interrupt TERM 143
run resume 0 train --resume --out INT.tarn --epochs 3
grep -q 'resuming in epoch' err || fail "$name: does not resume"
tail -n 1 out | grep -q '^test accuracy' || fail "$name: no test accuracy"

# Another locale, character set and time zone change nothing.
for locale in tr de fa; do
  export TARN_JAVA_OPTS="-Duser.language=$locale -Dfile.encoding=ISO-8859-1 -Duser.timezone=Asia/Kathmandu"
  run "locale_$locale" 0 pool "$input" --kind LP
  prints '[[10.2470,9.7468],[9.9499,7.7460]]'
  silent
  run "locale_${locale}_fault" 65 pool '[[1]]' --kind max
  complains 'needed at least 2'
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
