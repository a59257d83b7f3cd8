"""Both works on SimPy, as its documentation has them: W1 as its bank (a process for each customer, who requests the server),
W3 as its cable (a process for each message on its way).

python3 with_simpy.py WORK WARM_UP LENGTH: prints how many customers left or messages were acknowledged, the seconds that took,
and the mean time they took. Times are in units of the mean service time for W1, and in seconds for W3.
"""

import math
import random
import sys
import time

import simpy

PRODUCERS, RATE, HOP_MEDIAN, HOP_SIGMA = 10, 10_000.0, 500e-6, 0.5


class Tally:
    def __init__(self):
        self.count, self.total = 0, 0.0

    def add(self, value):
        self.count += 1
        self.total += value


def w1(env, tally):
    server = simpy.Resource(env, capacity=1)

    def customer():
        came = env.now
        with server.request() as request:
            yield request
            yield env.timeout(random.expovariate(1.0))
        tally.add(env.now - came)

    def source():
        while True:
            yield env.timeout(random.expovariate(0.9))
            env.process(customer())

    env.process(source())


def w3(env, tally):
    log_median = math.log(HOP_MEDIAN)
    pending, committed = {}, 0

    # By directed link: when its last message arrives. What is sent later does not arrive earlier.
    last = {}

    def hop(delay, arrives, message):
        yield env.timeout(delay)
        arrives(*message)

    def send(link, arrives, *message):
        at = env.now + random.lognormvariate(log_median, HOP_SIGMA)
        at = last[link] = max(at, last.get(link, 0.0))
        env.process(hop(at - env.now, arrives, message))

    def produce(number, born):
        pending[number] = [0, born]
        for follower in range(2):
            send(("to follower", follower), copy, follower, number)

    def copy(follower, number):
        send(("from follower", follower), copied, number)

    def copied(number):
        entry = pending[number]
        entry[0] += 1
        if entry[0] == 2:
            del pending[number]
            send(("to producer", number % PRODUCERS), stored, entry[1])
            send("to consumer", deliver, number)

    def stored(born):
        tally.add(env.now - born)

    def deliver(number):
        send("from consumer", commit, number)

    def commit(number):
        nonlocal committed
        committed = max(committed, number)

    def producer(first):
        number = first
        while True:
            send(("from producer", first), produce, number, env.now)
            number += PRODUCERS
            yield env.timeout(random.expovariate(RATE))

    for first in range(PRODUCERS):
        env.process(producer(first))


def main():
    work, warm_up, length = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    random.seed(1)
    env, tally = simpy.Environment(), Tally()
    {"W1": w1, "W3": w3}[work](env, tally)
    env.run(until=warm_up)
    tally.count, tally.total = 0, 0.0
    begun = time.perf_counter()
    env.run(until=warm_up + length)
    seconds = time.perf_counter() - begun
    print(tally.count, seconds, tally.total / tally.count)


main()
