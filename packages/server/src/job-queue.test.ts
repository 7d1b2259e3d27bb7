import { describe, expect, test } from "vitest";
import { JobQueue } from "./job-queue.ts";

const never = new AbortController().signal;

describe("a queue of jobs", () => {
  test("lets as many work as it may, and the others in the order in which they came", async () => {
    const queue = new JobQueue({ concurrentJobs: 1, waitingJobs: 2 });
    const tickets = [queue.admit(), queue.admit(), queue.admit()];
    const order: number[] = [];
    const turns = tickets.map(async (ticket, i) => {
      await ticket.turn(never);
      order.push(i);
    });
    await turns[0];
    expect(order).toEqual([0]);
    tickets[0].leave();
    await turns[1];
    expect(order).toEqual([0, 1]);
    tickets[1].leave();
    await turns[2];
    expect(order).toEqual([0, 1, 2]);
  });

  test("refuses what is beyond its places, until one leaves, however often that one leaves", () => {
    const queue = new JobQueue({ concurrentJobs: 1, waitingJobs: 1 });
    const first = queue.admit();
    queue.admit();
    expect(() => queue.admit()).toThrow(/^Cannot take the request: 2 others/);
    first.leave();
    first.leave();
    queue.admit();
    expect(() => queue.admit()).toThrow();
  });

  test("passes over those who were cancelled while they waited", async () => {
    const queue = new JobQueue({ concurrentJobs: 1, waitingJobs: 2 });
    const [first, second, third] = [queue.admit(), queue.admit(), queue.admit()];
    await first.turn(never);
    const stop = new AbortController();
    const waiting = second.turn(stop.signal);
    const last = third.turn(never);
    stop.abort();
    await expect(waiting).rejects.toThrow(/cancelled/);
    second.leave();
    first.leave();
    await last;
    third.leave();
    await queue.admit().turn(never);
  });
});
