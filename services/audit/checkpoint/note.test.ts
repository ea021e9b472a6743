import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { claimOf, openCheckpoint, origin, signCheckpoint } from './checkpoint.ts';
import { checkpointsIn } from './collect.ts';
import { openNote, readVerifier, signerOf, signNote, writeVerifier } from './note.ts';

const newSigner = (name = origin) => signerOf(name, generateKeyPairSync('ed25519').privateKey);
const signer = newSigner();
const { verifier } = signer;
const root = Buffer.alloc(32, 7);
const note = signCheckpoint({ size: 41, root }, signer);

describe('a signed note', () => {
  it('that another program signed is opened, and its key read', () => {
    const other = readVerifier('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const signed = `${text}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
    expect(openNote(signed, other ?? expect.fail())).toBe(text);
  });

  it('keeps its key in one line that can be read again', () => {
    const line = writeVerifier(verifier);
    expect(line).toMatch(/^hemostat\/audit\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}$/);
    expect(writeVerifier(readVerifier(line) ?? expect.fail())).toBe(line);
    for (const wrong of ['', 'a+b+c', line.replace('hemostat', 'another'), line.slice(0, -4)])
      expect(readVerifier(wrong)).toBeUndefined();
  });

  it('is opened when others signed it, too, and not when none did', () => {
    const both = `${note}${signNote('x\n', newSigner('witness')).split('\n\n')[1]}`;
    expect(openCheckpoint(both, verifier)).toEqual({ size: 41, root });
    expect(openNote('text\n\n', verifier)).toBeUndefined();
    expect(openNote(note, newSigner().verifier)).toBeUndefined();
    expect(openNote(note, newSigner('another').verifier)).toBeUndefined();
  });

  it('is not opened when any byte of it was changed, removed or added', () => {
    const bytes = Buffer.from(note);
    holds(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(openCheckpoint(changed.toString('utf8'), verifier)).toBeUndefined();
        const less = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        expect(openCheckpoint(less.toString('utf8'), verifier)).toBeUndefined();
        const more = Buffer.concat([bytes.subarray(0, at), Buffer.of(flip), bytes.subarray(at)]);
        if (!more.equals(bytes)) expect(openCheckpoint(more.toString('utf8'), verifier)).toBeUndefined();
      }),
    );
  });
});

describe('a checkpoint', () => {
  it('has the form that is agreed upon', () => {
    expect(note).toMatch(
      /^hemostat\/audit\n41\n(BwcH){10}Bwc=\n\n\u2014 hemostat\/audit [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/,
    );
    expect(claimOf(note)).toEqual({ size: 41, root });
  });

  it('that says anything else is none, though it is signed', () => {
    const hash = root.toString('base64');
    for (const text of [
      `another\n41\n${hash}\n`,
      `${origin}\n041\n${hash}\n`,
      `${origin}\n-1\n${hash}\n`,
      `${origin}\n41\n${hash.slice(4)}\n`,
      `${origin}\n41\n${hash}\nmore\n`,
      `${origin}\n41\n`,
    ])
      expect(openCheckpoint(signNote(text, signer), verifier)).toBeUndefined();
  });

  it.each([
    ['one after the other', `${note}${note}`],
    [
      'as nats sub shows them',
      `06:02:24 Subscribing to subject hemostat.checkpoint\n[#1] Received: seq 1 / subject: hemostat.checkpoint\n${note}\n[#2] Received: seq 2\n${note}\n`,
    ],
    [
      'in lines of a log',
      `${JSON.stringify({ level: 'info', checkpoint: note, msg: 'x' })}\n{"a":1}\n${JSON.stringify({ checkpoint: note })}\n`,
    ],
    ['with the line breaks of another system', `${note}${note}`.replaceAll('\n', '\r\n')],
  ])('is found in a saved text: %s', (_, text) => {
    expect(checkpointsIn(text)).toEqual([note, note]);
  });

  it('that lost a part is found, and not believed', () => {
    const lines = note.split('\n');
    for (const cut of [lines.slice(1), lines.slice(0, -2), lines.with(4, 'x'), lines.toSpliced(3, 1)]) {
      const [broken = expect.fail(), ...more] = checkpointsIn(cut.join('\n'));
      for (const each of [broken, ...more]) expect(openCheckpoint(each, verifier)).toBeUndefined();
    }
  });
});
