#!/usr/bin/env python3
"""Sign plain HTTP requests with the REAL bittensor.http_auth (11.x, btauth/1) and hold a server to its answers.

One line for each request; exit 0 when every answer is as it must be, else 1.

  http_auth_client.py --host 127.0.0.1 --port 8191 --axon-hotkey 5EHg... \
      --wallet-path ../vectors/wallets [--wallet-name validator] [--hotkey default]
"""
import argparse
import http.client
import json
import sys
import time

import bittensor as bt

PATH = "/EchoSynapse"
BODY = b'{"text": "hello"}'
ANSWERED = (200,)
REFUSED = (401, 403)


def main() -> int:
    ap = argparse.ArgumentParser()
    ap.add_argument("--host", required=True)
    ap.add_argument("--port", type=int, required=True)
    ap.add_argument("--axon-hotkey", required=True, help="SS58 of the miner hotkey, the receiver")
    ap.add_argument("--wallet-path", required=True)
    ap.add_argument("--wallet-name", default="validator")
    ap.add_argument("--hotkey", default="default")
    a = ap.parse_args()
    wallet = bt.Wallet(name=a.wallet_name, hotkey=a.hotkey, path=a.wallet_path)
    failures = 0

    def sign(path=PATH, receiver=a.axon_hotkey, nonce_ns=None):
        return bt.http_auth.sign(
            wallet, method="POST", path=path, body=BODY, receiver_ss58=receiver, nonce_ns=nonce_ns
        )

    def check(name, expected, headers, path=PATH, body=BODY):
        nonlocal failures
        connection = http.client.HTTPConnection(a.host, a.port, timeout=12)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            answer = response.read()
            said = f"{response.status} {answer.decode(errors='replace').strip()[:160]}"
            ok = response.status in expected
            if ok and expected == ANSWERED:
                ok = json.loads(answer)["reply"] == "hello"
        except (OSError, http.client.HTTPException) as e:
            ok, said = False, repr(e)
        except (ValueError, LookupError, TypeError):
            ok = False
        finally:
            connection.close()
        wanted = " or ".join(map(str, expected)) + (' with reply "hello"' if expected == ANSWERED else "")
        print(f"{name:<20}{'ok' if ok else 'FAILED'}  {said}" + ("" if ok else f"  (expected {wanted})"), flush=True)
        failures += not ok

    first = sign()
    check("signed", ANSWERED, first)
    check("another nonce", ANSWERED, sign())
    check("replayed", REFUSED, first)
    check("changed body", (401,), sign(), body=BODY.replace(b"hello", b"hullo"))
    check("other receiver", REFUSED, sign(receiver=wallet.hotkey.ss58_address))
    check("no receiver", REFUSED, sign(receiver=None))
    check("stale nonce", REFUSED, sign(nonce_ns=time.time_ns() - 11 * 10**9))
    earlier, later = sign(), sign()
    check("later nonce first", ANSWERED, later)
    check("earlier nonce after", ANSWERED, earlier)
    check("query in the path", ANSWERED, sign(path=PATH + "?x=1"), path=PATH + "?x=1")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
