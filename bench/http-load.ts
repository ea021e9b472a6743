import { createConnection, type Socket } from 'node:net';
import { perSecond, quantile } from './figures.ts';

export type LoadPlan = {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly connections: number;
  readonly seconds: number;
  /** Stands in every good answer. */
  readonly expected: string;
};

export type LoadFigures = {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly answers: number;
  /** Answers that were not 200, or not what was expected. */
  readonly errors: number;
};

/**
 * Asks over keep-alive connections, on each the next time as soon as the last answer is complete. Written on sockets,
 * because an HTTP client costs as much as the server it measures, and here both share the processors.
 */
export async function load(plan: LoadPlan): Promise<LoadFigures> {
  const latencies: number[] = [];
  let errors = 0;
  const from = performance.now();
  const until = from + plan.seconds * 1_000;
  const question = questionOf(plan);
  const worker = async (): Promise<void> => {
    const socket = await connect(plan.url);
    const answers = answersOn(socket);
    while (performance.now() < until) {
      const asked = performance.now();
      socket.write(question);
      const answer = await answers.next();
      latencies.push(performance.now() - asked);
      if (answer.status !== 200 || !answer.body.includes(plan.expected)) errors += 1;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: plan.connections }, worker));
  const elapsedMs = performance.now() - from;
  return {
    rate: perSecond(latencies.length, elapsedMs),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    answers: latencies.length,
    errors,
  };
}

function questionOf({ url, method }: LoadPlan): string {
  const { host, pathname, search } = new URL(url);
  const length = method === 'POST' ? 'content-length: 0\r\n' : '';
  return `${method} ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${length}\r\n`;
}

function connect(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port), noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

type Answer = { readonly status: number; readonly body: Buffer };

/** Reads answers that say their length, one after the other. */
function answersOn(socket: Socket): { next(): Promise<Answer> } {
  let read = Buffer.alloc(0);
  let waiting = Promise.withResolvers<Answer>();
  socket.on('data', (chunk) => {
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const answer = answerIn(read);
    if (!answer) return;
    read = Buffer.alloc(0);
    waiting.resolve(answer);
  });
  socket.once('close', () => waiting.reject(new Error('the server closed a connection')));
  socket.once('error', (error) => waiting.reject(error));
  return {
    next: async () => {
      const answer = await waiting.promise;
      waiting = Promise.withResolvers();
      waiting.promise.catch(() => {});
      return answer;
    },
  };
}

function answerIn(read: Buffer): Answer | undefined {
  const end = read.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = read.toString('latin1', 0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer does not say how long it is: ${head}`);
  const body = read.subarray(end + 4);
  return body.length < Number(length) ? undefined : { status: Number(head.slice(9, 12)), body };
}
