"""Somebody else who uses a workspace: exports a notebook so many times a second, steadily, and repeats what is refused after a second.

  foreign.py URL TOKEN RATE STOP_FILE     until there is a file STOP_FILE; prints "ASKED REFUSED_PERCENT"
"""
import http.client
import os
import sys
import threading
import time

WORKERS = 6
PATH = "/api/2.0/workspace/export?path=/Shared/many/notebook%20000000&format=SOURCE&direct_download=true"


class Client:
    def __init__(self, address, token, rate, stop_file):
        self.address, self.token, self.interval, self.stop_file = address, token, 1 / rate, stop_file
        self.lock = threading.Lock()
        self.next = time.monotonic()
        self.asked = self.refused = 0
        self.failures = []

    def turn(self):
        with self.lock:
            mine = self.next = max(self.next + self.interval, time.monotonic() - 1)
        time.sleep(max(0, mine - time.monotonic()))

    def ask(self, connection):
        connection.request("GET", PATH, headers={"Authorization": "Bearer " + self.token})
        answer = connection.getresponse()
        answer.read()
        with self.lock:
            self.asked += 1
            self.refused += answer.status == 429
            if answer.status not in (200, 429):
                self.failures.append(answer.status)
        return answer.status

    def work(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while not os.path.exists(self.stop_file):
            self.turn()
            while self.ask(connection) == 429 and not os.path.exists(self.stop_file):
                time.sleep(1)


def main():
    url, token, rate, stop_file = sys.argv[1:]
    client = Client(url.removeprefix("http://"), token, float(rate), stop_file)
    workers = [threading.Thread(target=client.work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if client.failures or not client.asked:
        sys.exit(f"the stand-in answered {client.failures[:5]}")
    print(client.asked, "%.2f" % (100 * client.refused / client.asked))


main()
