#!/usr/bin/env bash
# Calls the main endpoints of the mobile API as an app would and checks the answers.
#   BASE_URL=http://localhost:8080 scripts/test-tiktok-api.sh
# Needs bash, curl and jq. Exit code 0: every check passed. Runs against ./scripts/run, whose demo
# store gives the coins; under production settings purchaseCoin is expected to be refused.
set -uo pipefail

BASE_URL="${BASE_URL:-http://localhost:8080}"
API="${BASE_URL%/}/api"
PASSED=0
FAILED=0
ANSWER=""

if [ -t 1 ] || [ -n "${FORCE_COLOR:-}" ]; then
  GREEN=$'\e[32m' RED=$'\e[31m' BOLD=$'\e[1m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
  GREEN='' RED='' BOLD='' DIM='' PLAIN=''
fi

for tool in curl jq; do
  command -v "$tool" >/dev/null || { echo "Please install $tool first."; exit 2; }
done

# call ENDPOINT BODY [TOKEN]: POST, keep the answer in ANSWER, check that HTTP says 200.
call() {
  local endpoint=$1 body=$2 token=${3:-} status
  local headers=(-H 'Content-Type: application/json')
  [ -n "$token" ] && headers+=(-H "Auth-Token: $token")
  ANSWER=$(curl -sS -m 30 -w '\n%{http_code}' -X POST "${headers[@]}" -d "$body" "$API/$endpoint" 2>&1)
  status=${ANSWER##*$'\n'}
  ANSWER=${ANSWER%$'\n'*}
  echo
  echo "${BOLD}POST /api/$endpoint${PLAIN} ${DIM}$body${PLAIN}"
  [ "$status" = 200 ] && pass "HTTP 200" || fail "HTTP 200" "got $status: ${ANSWER:0:200}"
}

pass() { PASSED=$((PASSED + 1)); echo "  ${GREEN}✓${PLAIN} $1"; }
fail() { FAILED=$((FAILED + 1)); echo "  ${RED}✗ $1${PLAIN} - $2"; }

# check WHAT JQ_CONDITION: the condition must hold for the last answer.
check() {
  if jq -e "$2" >/dev/null 2>&1 <<<"$ANSWER"; then pass "$1"; else fail "$1" "${ANSWER:0:300}"; fi
}
read_answer() { jq -r "$1" <<<"$ANSWER" 2>/dev/null; }

echo "${BOLD}Clipcast mobile API at $API${PLAIN}"
curl -sS -m 5 -o /dev/null --retry 30 --retry-delay 1 --retry-connrefused -f \
  "${BASE_URL%/}/health/ready" 2>/dev/null ||
  { echo "Nothing is ready at $BASE_URL. Start it with ./scripts/run, or set BASE_URL."; exit 2; }
NAME="t$(date +%s)_$RANDOM"

call registerUser "{\"email\":\"$NAME@example.com\",\"password\":\"secret-1\",\"username\":\"$NAME\",\"dob\":\"2000-1-31\"}"
check "code is 200" '.code == 200'
check "the new user has an integer id" '.msg.User.id | type == "number"'
check "the username is ours" ".msg.User.username == \"$NAME\""
check "a token comes along" '.msg.User.auth_token | length > 20'
check "settings come along" '(.msg.PushNotification | type == "object") and (.msg.PrivacySetting | type == "object")'
TOKEN=$(read_answer .msg.User.auth_token)
USER_ID=$(read_answer .msg.User.id)

call registerUser "{\"email\":\"$NAME@example.com\",\"password\":\"secret-1\",\"username\":\"${NAME}b\"}"
check "an e-mail address can be used once" '.code == 201 and (.msg | type == "string")'

call login "{\"email\":\"$NAME\",\"password\":\"secret-1\"}"
check "code is 200" '.code == 200'
check "it is the same user" ".msg.User.id == $USER_ID"

call showUserDetail '{}' "$TOKEN"
check "code is 200" '.code == 200'
check "the profile is ours" ".msg.User.id == $USER_ID"
check "the wallet is an empty integer" '.msg.User.wallet == 0'

call showUserDetail "{\"auth_token\":\"$TOKEN\"}"
check "the token works in the body too" ".code == 200 and .msg.User.id == $USER_ID"

call showUserDetail '{}' "not-a-token"
check "a bad token is refused with 401" '.code == 401 and (.msg | type == "string")'

call showRelatedVideos '{"device_id":"test-script","starting_point":"0","lat":"9.03","long":"38.74"}' "$TOKEN"
check "code is 200" '.code == 200'
check "the feed is a list of at least five" '.msg | type == "array" and length >= 5'
check "each item has Video and User" 'all(.msg[]; (.Video.id | type == "number") and (.User.username | length > 0))'
check "each video and thumbnail has an absolute URL" 'all(.msg[]; (.Video.video | startswith("http")) and (.Video.thum | startswith("http")))'
VIDEO_URL=$(read_answer '.msg[0].Video.video')
THUMBNAIL_URL=$(read_answer '.msg[0].Video.thum')
RECEIVER_ID=$(read_answer '.msg[0].User.id')
for url in "$VIDEO_URL" "$THUMBNAIL_URL"; do
  size=$(curl -sS -m 30 -o /dev/null -w '%{http_code} %{size_download}' "$url" 2>/dev/null)
  [[ $size =~ ^200\ [1-9] ]] && pass "the file is served: $url" || fail "the file is served" "$url: $size"
done

call showCoinWorth ''
check "code is 200" '.code == 200'
check "a coin has a worth" '.msg.CoinWorth.price > 0'
check "there are packages" '.msg.CoinPackages | length > 0'
COINS=$(read_answer '.msg.CoinPackages[0].coins')
PRICE=$(read_answer '.msg.CoinPackages[0].price')

call showGifts '{}' "$TOKEN"
check "code is 200" '.code == 200'
check "gifts have id, title and an integer price" 'all(.msg[].Gift; (.id | type == "number") and (.title | length > 0) and (.coin > 0))'
GIFT_ID=$(read_answer '[.msg[].Gift] | min_by(.coin) | .id')
GIFT_COINS=$(read_answer '[.msg[].Gift] | min_by(.coin) | .coin')

call sendGift "{\"sender_id\":\"$USER_ID\",\"receiver_id\":\"$RECEIVER_ID\",\"gift_id\":\"$GIFT_ID\",\"gift_count\":1}" "$TOKEN"
check "without coins a gift is refused with 201" '.code == 201 and (.msg | type == "string")'

TRANSACTION="script-$NAME"
PURCHASE="{\"user_id\":\"$USER_ID\",\"coin\":\"$COINS\",\"title\":\"$COINS coins\",\"price\":\"$PRICE\",\"transaction_id\":\"$TRANSACTION\",\"device\":\"android\"}"
call purchaseCoin "$PURCHASE" "$TOKEN"
if [ "$(read_answer .code)" = 200 ]; then
  check "the wallet holds the package's coins" ".msg.User.wallet == $COINS"
  check "the purchase is answered" ".msg.PurchaseCoin.transaction_id == \"$TRANSACTION\""

  call purchaseCoin "$PURCHASE" "$TOKEN"
  check "the same transaction credits once" '.code == 201'

  call sendGift "{\"sender_id\":\"$USER_ID\",\"receiver_id\":\"$RECEIVER_ID\",\"gift_id\":\"$GIFT_ID\",\"gift_count\":1}" "$TOKEN"
  check "code is 200" '.code == 200'
  check "the gift is paid from the wallet" ".msg.User.wallet == $((COINS - GIFT_COINS))"

  call sendGift "{\"sender_id\":\"$USER_ID\",\"receiver_id\":\"$RECEIVER_ID\",\"gift_id\":\"$GIFT_ID\",\"gift_count\":1000000}" "$TOKEN"
  check "more than the wallet holds is refused with 201" '.code == 201'

  call sendGift "{\"sender_id\":\"$USER_ID\",\"receiver_id\":\"$USER_ID\",\"gift_id\":\"$GIFT_ID\",\"gift_count\":1}" "$TOKEN"
  check "a gift to oneself is refused with 201" '.code == 201'

  call showUserDetail '{}' "$TOKEN"
  check "the refused gifts moved nothing" ".msg.User.wallet == $((COINS - GIFT_COINS))"
else
  check "without a demo store purchases are refused with a sentence" '.code == 201 and (.msg | length > 10)'
fi

call liveStream "{\"user_id\":\"$USER_ID\",\"started_at\":\"2026-01-31 18:30:00\"}" "$TOKEN"
check "code is 200" '.code == 200'
check "the room has an integer id and its channel" '(.msg.LiveStreaming.id | type == "number") and (.msg.LiveStreaming.channel_name | length > 0)'
check "it can be published to by RTMP and WHIP" '(.msg.LiveStreaming.rtmp_url | startswith("rtmp://")) and (.msg.LiveStreaming.whip_url | startswith("http"))'
check "it can be watched by HLS and WHEP" '(.msg.LiveStreaming.playback_url | endswith(".m3u8")) and (.msg.LiveStreaming.whep_url | startswith("http"))'

call liveStream '{}'
check "without a token nobody goes live" '.code == 401'

call noSuchEndpoint '{}'
check "an unknown endpoint gets the envelope" '(.code | type == "number") and (.msg | type == "string")'

echo
echo "${BOLD}${GREEN}$PASSED passed${PLAIN}${BOLD}, ${RED}$FAILED failed${PLAIN}"
[ "$FAILED" -eq 0 ]
