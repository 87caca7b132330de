"""The client's CPU for one and for four images of 200 KB, beside the plainest script that does the same.

Both ask a server in a process of its own that answers at once. The floor is `requests.post`, `.json()` and
`base64.b64decode`, with nothing checked.
"""

import argparse
import base64
import json
import os
import random
import subprocess
import sys

import requests
from measure import in_turn, median, ratio, report, temporary_folder

from venice import Client, Generate

SERVER = r"""
import socket, sys
answers = {b"1": open(sys.argv[1], "rb").read(), b"4": open(sys.argv[2], "rb").read()}
listener = socket.create_server(("127.0.0.1", 0), backlog=50)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        data = b""
        while not data.rstrip().endswith(b"}"):
            data += connection.recv(65536)
        body = answers[b"4" if b'"variants": 4' in data else b"1"]
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
"""
IMAGE_BYTES = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds

    with temporary_folder() as folder:
        files = []
        for count in (1, 4):
            file = folder / str(count)
            file.write_bytes(answer(count))
            files.append(str(file))
        with subprocess.Popen(
            [sys.executable, "-c", SERVER, *files], stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout
                measure(f"http://127.0.0.1:{int(server.stdout.readline())}/api/v1", rounds)
            finally:
                server.terminate()


def measure(url: str, rounds: int) -> None:
    asked = [Generate(model="z-image-turbo", prompt="a gondola", seed=7, variants=count) for count in (1, 4)]
    with Client("key", url) as client:
        cases = {
            "client_1": lambda: client.run(asked[0]),
            "plain_1": lambda: plainly(url, asked[0]),
            "client_4": lambda: client.run(asked[1]),
            "plain_4": lambda: plainly(url, asked[1]),
        }
        assert len(client.run(asked[1]).images) == len(plainly(url, asked[1])) == 4
        taken = in_turn(cases, rounds)
    report(
        "client",
        rounds=rounds,
        cpu_ms={name: median(values) for name, values in taken.items()},
        of_plain_1=ratio(taken["client_1"], taken["plain_1"]),
        of_plain_4=ratio(taken["client_4"], taken["plain_4"]),
        load=round(os.getloadavg()[0], 1),
        targets={"of_plain_1": 1.0, "of_plain_4": 1.0},
    )


def plainly(url: str, operation: Generate) -> list[bytes]:
    """The script that everybody writes first."""
    response = requests.post(
        f"{url}/image/generate", headers={"Authorization": "Bearer key"}, json=operation.payload(), timeout=60
    )
    return [base64.b64decode(image) for image in response.json()["images"]]


def answer(count: int) -> bytes:
    """A body with `count` WebP files, as far as their first bytes tell."""
    rng = random.Random(count)
    files = [b"RIFF\0\0\0\0WEBPVP8 " + rng.randbytes(IMAGE_BYTES - 16) for _ in range(count)]
    images = [base64.b64encode(file).decode() for file in files]
    timing = {"inferenceDuration": 6, "inferencePreprocessingTime": 1, "inferenceQueueTime": 3, "total": 10}
    return json.dumps({"id": "generate-image-1", "images": images, "timing": timing}).encode()


if __name__ == "__main__":
    main()
