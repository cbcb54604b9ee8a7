#!/usr/bin/env bash
# The main job from end to end through the AWS CLI, with a kill -9 in the middle: nothing acknowledged is lost.
# It starts bin/cumulet on a temporary folder and a free port, and stops it at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
fail() { echo "demo failed: $*" >&2; exit 1; }

start() {
  : >"$work/log"
  bin/cumulet start --listen 127.0.0.1:"${1:-0}" --data "$work/data" >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    url=$(grep -oEm1 'http://127\.0\.0\.1:[0-9]+' "$work/log") && break
    kill -0 "$server" 2>/dev/null || { cat "$work/log"; fail "the server ended"; }
    sleep 0.1
  done
  [ -n "$url" ] || fail "the server did not get ready"
  head -1 "$work/log"
}

export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_PAGER='' AWS_MAX_ATTEMPTS=1
run() { # shows a command of the AWS CLI, then runs it
  printf '$ aws %s\n' "$(printf '%s ' "$@" | sed -E 's/--receipt-handle [^ ]+/--receipt-handle …/')" >&2
  aws --endpoint-url "$url" "$@"
}
count() {
  aws --endpoint-url "$url" sqs get-queue-attributes --queue-url "$1" --attribute-names ApproximateNumberOfMessages \
    --query Attributes.ApproximateNumberOfMessages --output text
}

say "1. Start"
start

say "2. A queue of orders; what fails twice goes to a dead-letter queue"
run sts get-caller-identity --query Arn --output text
dead=$(run sqs create-queue --queue-name orders-dead --query QueueUrl --output text)
dead_arn=$(aws --endpoint-url "$url" sqs get-queue-attributes --queue-url "$dead" --attribute-names QueueArn --query Attributes.QueueArn --output text)
orders=$(run sqs create-queue --queue-name orders --query QueueUrl --output text --attributes \
  "{\"VisibilityTimeout\":\"1\",\"RedrivePolicy\":\"{\\\"deadLetterTargetArn\\\":\\\"$dead_arn\\\",\\\"maxReceiveCount\\\":2}\"}")
echo "$orders"

say "3. Orders come in, and the server is killed in the middle"
(
  n=0
  while aws --endpoint-url "$url" sqs send-message --queue-url "$orders" --message-body "order $((n + 1))" >/dev/null 2>&1; do
    n=$((n + 1))
    echo "$n" >"$work/acknowledged"
  done
) &
sender=$!
for _ in $(seq 300); do
  [ "$(cat "$work/acknowledged" 2>/dev/null || echo 0)" -ge 4 ] && break
  sleep 0.1
done
echo "\$ kill -9 $server"
kill -9 "$server"
wait "$server" 2>/dev/null || true
wait "$sender" || true
acknowledged=$(cat "$work/acknowledged")
echo "$acknowledged orders were acknowledged before the server died"

say "4. Start again on the same data"
start "${url##*:}"
found=$(count "$orders")
echo "$found orders are in the queue"
# The call that the kill cut off may have had its effect without its answer; nothing else may differ.
[ "$found" = "$acknowledged" ] || [ "$found" = $((acknowledged + 1)) ] || fail "$acknowledged acknowledged, $found there"

say "5. All but one are handled; one always fails"
handled=0
while :; do
  message=$(aws --endpoint-url "$url" sqs receive-message --queue-url "$orders" --wait-time-seconds 2 \
    --attribute-names ApproximateReceiveCount --query 'Messages[0].[Body,ReceiptHandle,Attributes.ApproximateReceiveCount]' --output text)
  [ "$message" != None ] || break
  IFS=$'\t' read -r text handle times <<<"$message"
  if [ "$text" = "order 2" ]; then
    echo "$text: failed, time $times"
    continue
  fi
  aws --endpoint-url "$url" sqs delete-message --queue-url "$orders" --receipt-handle "$handle"
  echo "$text: handled"
  handled=$((handled + 1))
done
[ "$handled" = $((found - 1)) ] || fail "$handled of $found handled"
[ "$(count "$dead")" = 1 ] || fail "the dead-letter queue holds $(count "$dead")"

say "6. The failed order is moved back and handled"
run sqs start-message-move-task --source-arn "$dead_arn" >/dev/null
message=$(run sqs receive-message --queue-url "$orders" --wait-time-seconds 10 --query 'Messages[0].[Body,ReceiptHandle]' --output text)
IFS=$'\t' read -r text handle <<<"$message"
[ "$text" = "order 2" ] || fail "got '$text'"
run sqs delete-message --queue-url "$orders" --receipt-handle "$handle"
echo "$text: handled"
echo "left in the queue: $(count "$orders"), in the dead-letter queue: $(count "$dead")"

say "7. Stop"
kill -INT "$server"
wait "$server" || fail "the server ended with status $?"
server=
say "Done: $found orders survived a kill -9, all were handled, none was lost."
