import type { CommandGrammar, CommandTable } from './grammar.ts';

const psFields =
  'pid,ppid,pgid,sid,tid,lwp,nlwp,user,uid,ruser,euser,group,gid,comm,args,cmd,command,stat,state,s,pcpu,%cpu,pmem,%mem,vsz,rss,sz,time,etime,etimes,lstart,start,stime,tty,tname,ni,nice,pri,psr,cls,wchan,maj_flt,min_flt,cgroup'.split(
    ',',
  );
const signed = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [name, `+${name}`, `-${name}`]);
const long = (text: string): readonly string[] => text.split(' ').map((word) => `--${word}`);
const short = (letters: string): readonly string[] => [...letters].map((letter) => `-${letter}`);

/**
 * Without the "e" of the BSD style, which shows the environment of every process. Where procps finds that arguments
 * contradict each other it reads them again in that style, dashes and all, and then "-e" is that "e"; "-A" is not.
 */
const ps: CommandGrammar = {
  flags: [
    ...short('AaefFljwH'),
    ...'a x ax au aux auxw auxww axu auxf axf f l u w ww'.split(' '),
    ...long('forest no-headers headers'),
  ],
  options: {
    '-o': { list_of: psFields },
    '--format': { list_of: psFields },
    '--sort': { list_of: signed(psFields) },
    '-p': { pattern: '[1-9]\\d{0,8}(,[1-9]\\d{0,8}){0,31}', says: 'process ids, separated by commas' },
    '-C': 'name',
  },
  clusters: true,
  instead: { '-e': '-A' },
};

/** Once, and not for a terminal. */
const top: CommandGrammar = {
  fixed: ['-b', '-n', '1'],
  flags: short('bHci'),
  options: {
    '-n': { one_of: ['1'] },
    '-o': { one_of: signed(['PID', 'USER', '%CPU', '%MEM', 'RES', 'VIRT', 'SHR', 'TIME+']) },
    '-w': 'number',
  },
  clusters: true,
};

const df: CommandGrammar = {
  flags: [
    ...short('aHhiklmPT'),
    ...long('all human-readable si inodes local portability print-type total output'),
  ],
  options: {
    '-t': 'name',
    '--type': 'name',
    '-x': 'name',
    '--exclude-type': 'name',
    '-B': { pattern: '\\d{0,4}[KMGT]?i?B?', says: 'a size such as 1M' },
    '--output': {
      list_of: [
        'source',
        'fstype',
        'itotal',
        'iused',
        'iavail',
        'ipcent',
        'size',
        'used',
        'avail',
        'pcent',
        'file',
        'target',
      ],
    },
  },
  clusters: true,
  operands: { most: 8, form: 'path' },
};

const free: CommandGrammar = {
  flags: [
    ...short('bkmghltw'),
    ...long('bytes kilo mega giga tera kibi mebi gibi tebi human si lohi total wide'),
  ],
  clusters: true,
};

/** Without -c: it never ends. */
const netstat: CommandGrammar = {
  flags: [
    ...short('antulpriseowWx46'),
    ...long('all numeric tcp udp unix listening programs route interfaces statistics extend timers wide'),
  ],
  clusters: true,
};

const socketStates =
  'established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait closed close-wait last-ack listening closing all connected synchronized bucket big';

/** Without -K (it kills sockets), -E (it never ends), and -D and -F (they write and read files). */
const ss: CommandGrammar = {
  flags: [
    ...short('antulpsxwimeoHr460'),
    ...long(
      'all numeric tcp udp unix raw listening processes summary info memory extended options resolve ipv4 ipv6 no-header',
    ),
  ],
  clusters: true,
  operands: { most: 2, form: { one_of: ['state', 'exclude', ...socketStates.split(' ')] } },
};

/**
 * Without -s, which sets the clock; so would an operand that does not begin with "+". And without a width of many
 * digits, which GNU's fills with gigabytes of zeros.
 */
const date: CommandGrammar = {
  flags: ['-u', '-R', '-I', ...long('utc universal rfc-email iso-8601')],
  options: {
    '--iso-8601': { one_of: ['date', 'hours', 'minutes', 'seconds', 'ns'] },
    '--rfc-3339': { one_of: ['date', 'seconds', 'ns'] },
  },
  operands: {
    most: 1,
    form: {
      pattern: '\\+(?!.*%[^A-Za-z%]*\\d{3})[A-Za-z0-9%:.,/_ -]{1,64}',
      says: 'a format that begins with "+", such as +%H:%M',
    },
  },
};

const uname: CommandGrammar = {
  flags: [
    ...short('asnrvmpio'),
    ...long(
      'all kernel-name nodename kernel-release kernel-version machine processor hardware-platform operating-system',
    ),
  ],
  clusters: true,
};

/** What may be run everywhere. Of `env` only the names are shown; NUL between the entries tells where a value ends. */
export const builtInCommands: CommandTable = new Map<string, CommandGrammar>([
  ['ps', ps],
  ['top', top],
  ['df', df],
  ['free', free],
  ['netstat', netstat],
  ['ss', ss],
  ['env', { fixed: ['-0'] }],
  ['pwd', { flags: ['-L', '-P'] }],
  ['whoami', {}],
  ['date', date],
  ['uptime', { flags: ['-p', '-s', ...long('pretty since')] }],
  ['uname', uname],
]);
