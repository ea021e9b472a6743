import { Problem } from '#libs/contracts/problem';

const mostWaiting = 4;

/** Work that takes memory and time is done once at a time; a few who ask meanwhile wait, others are sent away. */
export function oneAfterAnother<Q, A>(work: (question: Q) => Promise<A>): (question: Q) => Promise<A> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return async (question) => {
    if (waiting > mostWaiting) {
      throw new Problem(
        'service_unavailable',
        'Others are being answered from the recorded facts just now. Try again in a few seconds.',
      );
    }
    waiting += 1;
    const own = last.then(() => work(question)).finally(() => (waiting -= 1));
    last = own.catch(() => undefined);
    return own;
  };
}
