import { expect, it } from 'vitest';
import { guardText } from '#libs/contracts/guard-answer';
import { notLetThrough, saysMissing, toDockerError } from './docker-error.ts';

const socket = { kind: 'unix', path: '/var/run/docker.sock' } as const;
const meaning = (members: object) => toDockerError(Object.assign(new Error('raw'), members), socket);

it('knows which errors never reached the engine', () => {
  for (const code of ['ENOENT', 'EACCES', 'ECONNREFUSED', 'ENOTFOUND', 'DEPTH_ZERO_SELF_SIGNED_CERT']) {
    expect(meaning({ code }).kind, code).toBe('not_reached');
  }
  expect(meaning({ code: 'ETIMEDOUT', syscall: 'connect' }).kind).toBe('not_reached');
});

it('takes a broken connection and a time-out for what they are: nobody knows', () => {
  for (const members of [{ code: 'ECONNRESET' }, { code: 'EPIPE' }, { code: 'ABORT_ERR' }, {}]) {
    expect(meaning(members).kind).toBe('no_answer');
  }
});

it('takes an answer for an answer, whatever it says', () => {
  const refused = meaning({
    statusCode: 409,
    json: { message: 'removal of container web is already in progress' },
  });
  expect(refused).toMatchObject({ kind: 'refused', status: 409 });
  expect(refused.message).toContain('already in progress');
});

it('takes the words of a guard before the engine for what they are, also where a stream was to come', () => {
  const words = (kind: 'refused' | 'not_reached') =>
    guardText({ kind, cause: 'it is so. Really', remedy: 'do that' });
  expect(meaning({ statusCode: 403, json: { message: words('refused') } })).toMatchObject({
    kind: 'refused',
    code: 'guard_refused',
    message: 'The Docker guard refuses: it is so. Really',
    remedy: 'do that',
  });
  const message = `(HTTP code 502) unexpected - ${words('not_reached')} `;
  expect(meaning({ statusCode: 502, json: null, message })).toMatchObject({
    kind: 'not_reached',
    message: 'it is so. Really',
  });
  expect(meaning({ statusCode: 502, json: { message: 'Bad Gateway' } }).kind).toBe('refused');
});

it('takes what is not said as Docker says it for a proxy’s, and shows no HTML of it', () => {
  const page = '<!DOCTYPE html><html><title>No</title></html>';
  const ofProxy = (statusCode: number, said: string) =>
    meaning({
      statusCode,
      json: Buffer.from(said),
      message: `(HTTP code ${statusCode}) unexpected - ${said} `,
    });
  for (const [status, said, shown] of [
    [403, page, 'an HTML page'],
    [404, 'no\r\n such page', 'no such page'],
    [413, '', 'no reason given'],
  ] as const) {
    expect(ofProxy(status, said)).toMatchObject({ kind: 'refused', code: notLetThrough });
    expect(ofProxy(status, said).message).toBe(
      `A proxy before the Docker Engine refused with HTTP ${status}: ${shown}`,
    );
  }
  // It may have passed the call on before it lost the engine.
  expect(ofProxy(504, page)).toMatchObject({ kind: 'no_answer', status: undefined });
  expect(meaning({ statusCode: 401, json: { message: 'who?' } }).code).toBe(notLetThrough);
});

it('knows the 404 of one container from that of another, and of its network', () => {
  const [id, other] = ['ab'.repeat(32), 'cd'.repeat(32)];
  const says = (message: string) => saysMissing(meaning({ statusCode: 404, json: { message } }), id);
  expect(says(`No such container: ${id}`)).toBe(true);
  expect(says(`no container with name or ID "${id}" found: no such container`)).toBe(true);
  for (const message of [
    `No such container: ${other}`,
    `network ${other} not found`,
    `Cannot restart container ${id}: No such container: ${other}`,
  ]) {
    expect(says(message), message).toBe(false);
  }
});

it('says cause and remedy in words for whoever runs the engine', () => {
  expect(meaning({ code: 'ENOENT' }).message).toBe(
    'Cannot connect to the Docker daemon: the socket /var/run/docker.sock does not exist',
  );
  expect(meaning({ code: 'EACCES' }).remedy).toContain('group_add');
  expect(meaning({ code: 'ECONNREFUSED' }).remedy).toContain('systemctl start docker');
});

it('becomes the problem that means 503 to a caller', () => {
  const problem = meaning({ code: 'ECONNREFUSED' }).toProblem();
  expect(problem).toMatchObject({ code: 'docker_unavailable', status: 503 });
});
