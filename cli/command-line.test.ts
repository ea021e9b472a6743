import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { problems } from '#libs/contracts/problem';
import { runHemostat } from '#libs/testing/hemostat-command';
import { exitCodeOf } from './command-error.ts';
import { commands } from './commands/catalogue.ts';
import { exitCodes, exitMeanings } from './exit-codes.ts';
import { helpOf, overview } from './help.ts';

// Each of these is several processes, one after the other.
vi.setConfig({ testTimeout: 60_000 });

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const section = readme.split('\n## The `hemostat` command\n')[1]?.split('\n## ')[0] ?? '';
const cellsOf = (start: string): readonly (readonly string[])[] =>
  section
    .split('\n')
    .filter((line) => line.startsWith(start))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

describe('the help', () => {
  it('shows every command, and of each every argument and option', () => {
    const text = overview(commands).join('\n');
    for (const command of commands) {
      expect(text).toContain(`${command.name} ${command.takes.text}`.trim());
      const own = helpOf(command).join('\n');
      expect(own).toContain(command.summary);
      for (const [name, { about }] of Object.entries(command.options)) {
        expect(own).toContain(`--${name}`);
        expect(own).toContain(about);
      }
      for (const code of Object.values(exitCodes)) expect(own).toMatch(new RegExp(`^ +${code}  `, 'm'));
    }
  });

  it('is asked for with --help anywhere, and without a command', async () => {
    for (const args of [
      [],
      ['--help'],
      ['-h'],
      ['remediate', '--help'],
      ['--help', 'safety', 'reset'],
      ['safety', '-h'],
    ]) {
      const { code, stdout, stderr } = await runHemostat(args);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      expect(stdout).toContain('Exit codes:');
    }
    expect((await runHemostat(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the README's section", () => {
  it('has every command with its arguments, and none that is not there', () => {
    const named = cellsOf('| `hemostat ').map(([name = '']) =>
      name.replaceAll('`', '').replaceAll('\\|', '|'),
    );
    expect(named).toEqual(commands.map(({ name, takes }) => `hemostat ${name} ${takes.text}`.trim()));
  });

  it('has every exit code with its meaning', () => {
    const rows = cellsOf('| ').filter(([code = '']) => /^\d+$/.test(code));
    const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
    expect(rows).toEqual(names.map((name) => [String(exitCodes[name]), exitMeanings[name]]));
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    [['statsu'], 'did you mean status?'],
    [['safety', 'rest', 'web-1'], 'did you mean safety reset?'],
    [['saftey', 'reset'], 'did you mean safety reset?'],
    [['audti'], 'did you mean audit?'],
    [['audit', 'zzzzzz'], 'there are: audit tail, audit query, audit verify'],
    [['status', '--jsno'], 'did you mean --json?'],
    [['status', '--constructor'], 'there is no option --constructor'],
    [['remediate', 'web-1', 'restart', '--dryrun'], 'did you mean --dry-run?'],
    [['remediate', 'web-1', 'restart', '--reason'], '--reason needs a value'],
    [['remediate', 'web-1', 'restart', '--reason', '--json=x'], '--reason needs a value'],
    [['remediate', 'web-1', 'restart', '--wait', 'long'], 'no duration'],
    [['remediate', 'web-1', 'restart', '--wait', '5', '--wait', '6'], 'given twice'],
    [['remediate', 'web-1', 'restart', '--confidence', '2'], 'from 0 to 1'],
    [['remediate', 'web-1', 'restart', '--param', '=1'], '--param name=value'],
    [['remediate', 'web-1', 'restart', 'now'], '"now" is too much'],
    [['remediate'], 'hemostat remediate <container> <action>'],
    [['status', '--json=yes'], 'takes no value'],
    [['watch', '../../health'], 'no remediation id'],
    [['safety'], ''],
  ])('ends with 2 and a hint: %j', async (args, hint) => {
    const { code, stdout, stderr } = await runHemostat(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(hint);
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('is told as JSON, too', async () => {
    const { code, json } = await runHemostat(['statsu', '--json']);
    expect({ code, json }).toMatchObject({
      code: 2,
      json: { code: 'usage', remedy: 'did you mean status?' },
    });
  });
});

describe('the exit code', () => {
  it('is one for every problem that a gateway knows, and never 0', () => {
    for (const code of Object.keys(problems)) {
      expect(Object.values(exitCodes)).toContain(exitCodeOf(code));
      expect(exitCodeOf(code)).not.toBe(exitCodes.well);
    }
    expect(['cooldown_active', 'busy', 'kill_switch', 'container_not_found'].map(exitCodeOf)).toEqual([
      3, 3, 3, 3,
    ]);
    expect(['nats_unavailable', 'docker_unavailable', 'internal'].map(exitCodeOf)).toEqual([4, 4, 4]);
    expect(['unauthenticated', 'not_permitted', 'invalid_request'].map(exitCodeOf)).toEqual([5, 5, 2]);
  });
});
