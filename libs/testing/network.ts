/**
 * Rooms with a network of their own, joined by a bridge, so that what runs in one can be cut off from another: packets
 * are dropped without a word, as when a cable is pulled. All of it goes when disposed.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface Room {
  readonly name: string;
  readonly address: string;
  /** The command line that runs `argv` with this network. */
  enter(argv: readonly string[]): readonly string[];
}

export interface Network extends AsyncDisposable {
  room(name: string): Promise<Room>;
  /** Drops all that goes between two rooms, both ways, until healed. */
  cut(one: Room, other: Room): Promise<void>;
  heal(one: Room, other: Room): Promise<void>;
}

/** Why rooms cannot be made here; undefined when they can. */
export function whyNoNetwork(): string | undefined {
  // Set for everything that runs in namespaces of the tests' own; elsewhere firewall rules would be the machine's.
  if (process.env.HEMOSTAT_TEST_CGROUP !== undefined) return undefined;
  return 'the tests do not run in namespaces of their own, which takes root on Linux';
}

export async function openNetwork(): Promise<Network> {
  const id = randomBytes(2).toString('hex');
  const bridge = `hb${id}`;
  const subnet = `10.213.${Number.parseInt(id.slice(0, 2), 16)}`;
  const undo: (() => Promise<unknown>)[] = [];
  const ip = (...args: readonly string[]) => exec('ip', args);
  const firewall = (...args: readonly string[]) => exec('iptables', ['-w', ...args]);
  const inRoom = (name: string, argv: readonly string[]): readonly string[] => [
    'nsenter',
    `--net=/run/netns/${name}`,
    '--',
    ...argv,
  ];
  const run = ([program = '', ...args]: readonly string[]) => exec(program, args);
  let rooms = 1;

  await ip('link', 'add', bridge, 'type', 'bridge');
  undo.push(() => ip('link', 'del', bridge));
  await ip('addr', 'add', `${subnet}.1/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  // The engine of the tests forwards nothing that it does not know.
  const through = ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'];
  await firewall('-I', ...through);
  undo.push(() => firewall('-D', ...through));

  const rules = (from: Room) => [
    ['INPUT', '-s', from.address, '-j', 'DROP'],
    ['OUTPUT', '-d', from.address, '-j', 'DROP'],
  ];
  const change = async (how: '-A' | '-D', one: Room, other: Room): Promise<void> => {
    for (const rule of rules(other)) await run(one.enter(['iptables', '-w', how, ...rule]));
  };
  return {
    room: async (name) => {
      rooms += 1;
      const space = `${bridge}-${name}`;
      const cable = `${bridge}v${rooms}`;
      const address = `${subnet}.${rooms}`;
      await ip('netns', 'add', space);
      undo.push(() => ip('netns', 'del', space));
      await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
      await ip('link', 'set', cable, 'master', bridge, 'up');
      for (const args of [
        ['addr', 'add', `${address}/24`, 'dev', 'eth0'],
        ['link', 'set', 'eth0', 'up'],
        ['link', 'set', 'lo', 'up'],
      ]) {
        await run(inRoom(space, ['ip', ...args]));
      }
      return { name, address, enter: (argv) => inRoom(space, argv) };
    },
    cut: (one, other) => change('-A', one, other),
    heal: (one, other) => change('-D', one, other),
    [Symbol.asyncDispose]: async () => {
      for (const step of undo.reverse()) await step();
    },
  };
}
