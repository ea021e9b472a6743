import { expect, it } from 'vitest';
import { createExecOutput } from './exec-output.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}
const heard = (pieces: readonly Uint8Array[], most = { stdout: 100, stderr: 100 }) => {
  const output = createExecOutput(most);
  for (const piece of pieces) output.take(piece);
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => Buffer.from(bytes).toString());
  return { stdout, stderr, truncated: output.truncated };
};
const whole = Buffer.concat([frame(1, 'one '), frame(2, 'bad'), frame(1, ''), frame(1, 'two')]);

it('tells the streams apart however the pieces are cut', () => {
  const expected = { stdout: 'one two', stderr: 'bad', truncated: false };
  for (let size = 1; size <= whole.length; size += 1) {
    const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
      whole.subarray(at * size, (at + 1) * size),
    );
    expect(heard(pieces)).toEqual(expected);
  }
});

it('keeps so much of each stream and no more, and says that something is left out', () => {
  expect(heard([whole], { stdout: 5, stderr: 3 })).toEqual({
    stdout: 'one t',
    stderr: 'bad',
    truncated: true,
  });
  expect(heard([whole], { stdout: 7, stderr: 3 }).truncated).toBe(false);
  expect(heard([whole], { stdout: 7, stderr: 0 })).toEqual({
    stdout: 'one two',
    stderr: '',
    truncated: true,
  });
});
