import { describe, expect, it } from 'vitest';
import { commandsSetting } from './commands-setting.ts';
import { judge } from './grammar.ts';

const complaintsOf = (setting: unknown): string => {
  const text = typeof setting === 'string' ? setting : JSON.stringify(setting);
  return (commandsSetting.safeParse(text).error?.issues ?? []).map(({ message }) => message).join('\n');
};

describe('further commands', () => {
  it('have the same grammar as the built-in ones, and stand beside them', () => {
    const table = commandsSetting.parse(
      JSON.stringify({
        pg_isready: {
          flags: ['-q'],
          options: { '-t': 'number', '-d': { pattern: '[a-z]+', says: 'a database' } },
        },
        nginx: { fixed: ['-t'] },
      }),
    );
    const verdict = (...words: readonly string[]) => {
      const judged = judge(words, table);
      return judged.kind === 'allowed' ? judged.argv.join(' ') : judged.message;
    };
    expect(verdict('pg_isready', '-q', '-t', '3', '-d', 'shop')).toBe('pg_isready -q -t 3 -d shop');
    expect(verdict('pg_isready', '-d', 'x;y')).toContain('-d of pg_isready takes; it takes a database');
    expect(verdict('nginx')).toBe('nginx -t');
    expect(verdict('nginx', '-s', 'stop')).toContain('nginx takes no arguments');
    expect(verdict('ps', 'aux')).toBe('ps aux');
  });

  it('need not be there', () => {
    expect(judge(['uname'], commandsSetting.parse(undefined)).kind).toBe('allowed');
  });

  it.each([
    ['{', 'a JSON object that says of each command'],
    ['[]', 'a JSON object that says of each command'],
    [{ '/bin/x': {} }, '"/bin/x": a name without a path'],
    [{ env: { flags: ['-i'] } }, '"env": another name: this command is built in'],
    [
      { sh: { options: { '-c': 'name' } } },
      '"sh": another command: this one runs whatever its arguments say',
    ],
    [{ a: {}, b: { flag: [] } }, '"b": only fixed, flags, options, clusters and operands (found flag)'],
    [{ b: { flags: [7] } }, '"b".flags.0: a word of 1 to 64'],
    [{ b: { options: { x: 'number' } } }, '"b".options'],
    [{ b: { options: { '-x': 'anything' } } }, '"b".options.-x: "number", "name", "path"'],
    [{ b: { options: { '-x': { pattern: '(', says: 'x' } } } }, '"b".options.-x'],
    [{ b: { operands: { most: 99, form: 'name' } } }, '"b".operands.most'],
    [{ b: 1 }, '"b": an object such as'],
  ])('that cannot be understood are refused with their entry: %j', (setting, said) => {
    expect(complaintsOf(setting)).toContain(said);
  });
});
