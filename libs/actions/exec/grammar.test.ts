import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../../../tests/proof/holds.ts';
import { commandSchema } from './argv.ts';
import { builtInCommands } from './commands.ts';
import { judge } from './grammar.ts';

const judged = (command: unknown): string => {
  const argv = commandSchema.safeParse(command);
  if (!argv.success) return argv.error.issues.map(({ message }) => message).join();
  const verdict = judge(argv.data, builtInCommands);
  return verdict.kind === 'allowed' ? `runs ${JSON.stringify(verdict.argv)}` : verdict.message;
};
const runs = (...argv: readonly string[]): string => `runs ${JSON.stringify(argv)}`;

describe('the grammar of exec', () => {
  it.each([
    ['ps aux', runs('ps', 'aux')],
    ['ps -ef', runs('ps', '-Af')],
    ['ps -eo pid,comm,args --sort -%cpu', runs('ps', '-Ao', 'pid,comm,args', '--sort', '-%cpu')],
    [['ps', '-p', '1,7'], runs('ps', '-p', '1,7')],
    ['  top ', runs('top', '-b', '-n', '1')],
    ['top -b -n 1 -o %MEM', runs('top', '-b', '-n', '1', '-b', '-n', '1', '-o', '%MEM')],
    ['top -bn1', runs('top', '-b', '-n', '1', '-bn1')],
    ['top -b -n1', runs('top', '-b', '-n', '1', '-b', '-n1')],
    ['top -bn 1 -w120', runs('top', '-b', '-n', '1', '-bn', '1', '-w120')],
    ['top -n1 -Hb', runs('top', '-b', '-n', '1', '-n1', '-Hb')],
    ['ps -fp7', runs('ps', '-fp7')],
    ['df -hB1024', runs('df', '-hB1024')],
    ['df -h /data/a.b', runs('df', '-h', '/data/a.b')],
    ['df --output=source,pcent', runs('df', '--output=source,pcent')],
    ['free -m', runs('free', '-m')],
    ['netstat -tlnp', runs('netstat', '-tlnp')],
    ['ss -tan state established', runs('ss', '-tan', 'state', 'established')],
    ['env', runs('env', '-0')],
    ['pwd', runs('pwd')],
    ['whoami', runs('whoami')],
    [['date', '-u', '+%H:%M %d'], runs('date', '-u', '+%H:%M %d')],
    ['date +%3N', runs('date', '+%3N')],
    ['date --rfc-3339=seconds', runs('date', '--rfc-3339=seconds')],
    ['uptime -p', runs('uptime', '-p')],
    ['uname -a', runs('uname', '-a')],
  ])('lets %j through, word for word', (command, expected) => {
    expect(judged(command)).toBe(expected);
  });

  it.each([
    ['env sh -c id', '"sh" is not allowed as an argument of env. env takes no arguments'],
    ['env -i', '"-i" is not allowed'],
    ['psql -c x', '"psql" is no command that may be run. Allowed: ps, top, df, free,'],
    ['ssh web', '"ssh" is no command'],
    ['/bin/ps', 'Write the name without a path: ps.'],
    ['PS', 'is no command'],
    ['ps e', '"e" is not allowed'],
    ['ps auxe', '"auxe" is not allowed'],
    ['ps -e -T --forest', '"-T" is not allowed'],
    ['ps -eo environ', '"environ" is nothing that -o of ps takes'],
    ['ps -o', '-o of ps lacks its value'],
    ['top -d 1', '"-d" is not allowed as an argument of top. Allowed for top: -b'],
    ['top -n 1000', '"1000" is nothing that -n of top takes; it takes 1'],
    ['top -bn2', '"2" is nothing that -n of top takes; it takes 1'],
    ['top -n1b', '"-n1b" is not allowed'],
    ['top -bd1', '"-bd1" is not allowed'],
    ['top -n11', '"11" is nothing that -n'],
    ['ps -opid', '"-opid" is not allowed'],
    ['netstat -tc', '"-tc" is not allowed'],
    ['netstat --continuous', 'is not allowed'],
    ['ss -K', '"-K" is not allowed'],
    ['ss -tK dst 10.0.0.1', '"-tK" is not allowed'],
    ['ss -D /tmp/x', '"-D" is not allowed'],
    ['ss -F /etc/shadow', '"-F" is not allowed'],
    ['ss -E', '"-E" is not allowed'],
    ['date +%999999999Y', '"+%999999999Y" is not allowed'],
    ['date +%H%-_0100N', 'is not allowed'],
    ['date -s 2020-01-01', '"-s" is not allowed'],
    ['date --set=2020-01-01', 'is not allowed'],
    ['date 010100002020', '"010100002020" is not allowed'],
    ['date -f /etc/shadow', '"-f" is not allowed'],
    ['df /a/../b', 'is not allowed'],
    ['df --output=file,x', 'is nothing that --output of df takes'],
    ['free -s 1', '"-s" is not allowed'],
    ['ps; id', 'must not hold ";"'],
    ['ps | sh', 'must not hold "|"'],
    ['ps && id', 'must not hold "&"'],
    ['ps $(id)', 'must not hold "$"'],
    ['ps `id`', 'must not hold "`"'],
    ['ps > /x', 'must not hold ">"'],
    ['ps\nid', 'must not hold a line break'],
    ["ps 'a'", 'must not hold quotes: no shell reads it'],
    ['ps *', 'must not hold "*"'],
    ['', 'must have at least one word'],
    [[], 'must have at least one word'],
    [['ps', ''], 'must not be empty'],
    [['ps', 'a\u0000b'], 'printable ASCII'],
    [['ps', 'ä'], 'printable ASCII'],
    [7, 'must be a text such as'],
    [['__proto__'], 'is no command'],
    [['df', '--constructor=1'], 'is not allowed'],
  ])('denies %j, and says which and what is allowed', (command, said) => {
    expect(judged(command)).toContain(said);
  });
});

const words = ['ps', 'top', 'df', 'free', 'netstat', 'ss', 'env', 'pwd', 'whoami', 'date', 'uptime', 'uname'];
const nasty = [
  'sh',
  '-c',
  '-K',
  '-s',
  '--set',
  'e',
  '-e',
  ';',
  '&&',
  '|',
  '$(id)',
  '`id`',
  '>',
  '../',
  '/',
  '-',
  '--',
  '=',
  '\n',
  '\0',
  ' ',
];
const flags = [
  '-a',
  '-tan',
  '-n',
  '1',
  '-o',
  'pid',
  '-ef',
  'aux',
  '+%H',
  '/data',
  '--output=size',
  '-h',
  'state',
  'established',
  '-u',
];
const wordOf = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words, ...nasty, ...flags) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...flags), fc.constantFrom(...nasty)).map((two) => two.join('')),
  },
);
const argvOf = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, wordOf),
  fc.array(wordOf, { maxLength: 4 }),
);

/** What no grammar above may ever let through, said another way than the grammar says it. */
const harmful: Readonly<Record<string, RegExp>> = {
  ss: /^-[a-zA-Z0-9]*[KDFEN]|^--(kill|diag|filter|events|net)/,
  date: /^-[a-zA-Z]*[sfrd]|^--(set|file|reference|date)|^[^-+]/,
  netstat: /^-[a-zA-Z0-9]*c|^--continuous/,
  free: /^-[a-zA-Z]*s|^--(seconds|count)/,
  env: /^(?!-0$)/,
  ps: /^-?[a-zA-Z]*e[a-zA-Z]*$|^-[a-zA-Z]*[TNYM]/,
  top: /^-[a-zA-Z0-9]*[dsUpW]/,
};

it('of 100,000 commands nothing outside the grammar passes, and what passes is exactly the words asked for', () => {
  let passed = 0;
  holds(
    fc.property(argvOf, fc.boolean(), ([name, rest], asText) => {
      const argv = [name, ...rest];
      const parsed = commandSchema.safeParse(asText ? argv.join(' ') : argv);
      if (!parsed.success) return;
      const verdict = judge(parsed.data, builtInCommands);
      if (verdict.kind === 'denied') return;
      passed += 1;
      const asked = asText
        ? argv
            .join(' ')
            .split(/[ \t]+/)
            .filter((word) => word !== '')
        : argv;
      const fixed = builtInCommands.get(asked[0] ?? '')?.fixed ?? [];
      const isPs = asked[0] === 'ps';
      const run = asked
        .slice(1)
        .map((word) => (isPs && /^-[a-zA-Z]+$/.test(word) ? word.replaceAll('e', 'A') : word));
      expect(verdict.argv).toEqual([asked[0], ...fixed, ...run]);
      expect(words).toContain(verdict.argv[0]);
      for (const [at, word] of verdict.argv.entries()) {
        expect(word).toMatch(/^[\w@%+=:,./ -]+$/);
        const isValue = verdict.argv[0] === 'ps' && verdict.argv[at - 1] === '-o';
        const never = harmful[verdict.argv[0] ?? ''];
        if (at > 0 && never && !isValue) expect(word).not.toMatch(never);
      }
    }),
    { atLeast: 100_000 },
  );
  expect(passed).toBeGreaterThan(5_000);
}, 120_000);
