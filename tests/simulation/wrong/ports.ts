import type { Bus } from '#libs/bus/bus';
import { cellSchema } from '#libs/contracts/cell';
import { approvedSchema, requestedSchema } from '#libs/contracts/facts';
import { decidedSubject, requestedSubject, rpcSubject, targetKey } from '#libs/contracts/subjects';
import { currentRemediationId } from '#libs/runtime/tracing';
import type { Container } from '../docker/containers.ts';
import type { Engine } from '../docker/engine.ts';
import type { Started } from '../mesh/replica.ts';
import { engineName } from '../nats/server.ts';

type Sabotage = (started: Started) => Started;

const of = (service: string, change: (started: Started) => Partial<Bus>): Sabotage => {
  return (started) =>
    started.bus.service === service ? { ...started, bus: { ...started.bus, ...change(started) } } : started;
};

/** It neither sees nor respects that a step was begun, so that it begins it again after each crash. */
export const callsAgain = of('executor', ({ bus }) => {
  const getMessage: Bus['jsm']['streams']['getMessage'] = async (stream, query) =>
    'last_by_subj' in query && query.last_by_subj?.endsWith('.started')
      ? null
      : bus.jsm.streams.getMessage(stream, query);
  return {
    jsm: { ...bus.jsm, streams: { ...bus.jsm.streams, getMessage } } as unknown as Bus['jsm'],
    ask: (subject, payload, question) => {
      if (subject.endsWith('.started')) question.headers?.delete('Nats-Expected-Last-Subject-Sequence');
      return bus.ask(subject, payload, question);
    },
  };
});

/** It stands still between its intent and its call, for longer than its lease and the quarantine after it. */
export const standsStill = of('executor', ({ bus }) => ({
  ask: async (subject, payload, question) => {
    const answer = await bus.ask(subject, payload, question);
    if (subject.endsWith('.started')) await bus.clock.sleep(200_000);
    return answer;
  },
}));

/** Whatever it reads of a lease, it takes it for its own. */
export const looksAtNoFence = of('executor', ({ bus, server }) => ({
  kvm: {
    open: async (bucket: string) => {
      const kv = await bus.kvm.open(bucket);
      return {
        ...kv,
        get: async (key: string) => {
          const entry = await kv.get(key);
          const id = currentRemediationId() ?? '';
          const decided = server.facts.last(decidedSubject(id, engineName));
          const cell = cellSchema.safeParse(entry && JSON.parse(entry.string()));
          const approved = approvedSchema.safeParse(decided && JSON.parse(decided.payload));
          if (!entry || !cell.success || !approved.success) return entry;
          const grant = approved.data.grants.find(({ target }) => targetKey(target) === key);
          const at = approved.data.at;
          const lease = {
            id,
            epoch: grant?.epoch,
            state: 'held',
            granted_at: at,
            deadline_at: at,
            gates: [],
          };
          const mine = { ...cell.data, lease: { ...lease, expires_at: at } };
          return { ...entry, string: () => JSON.stringify(mine) };
        },
      };
    },
  } as unknown as Bus['kvm'],
}));

/** It believes to have taken leases that it never wrote down. */
export const takesNoLease = of('safety', ({ bus }) => ({
  kvm: {
    open: async (bucket: string) => {
      const kv = await bus.kvm.open(bucket);
      const put: typeof kv.put = async (key, value, options) =>
        String(value).includes('"state":"held"') ? 1 : kv.put(key, value, options);
      return { ...kv, put };
    },
  } as unknown as Bus['kvm'],
}));

/** Whatever it means to call, it calls whoever came last to what the request was about. */
export const callsTheNewest: Sabotage = (started) => {
  const { docker, server } = started;
  const take: Engine['take'] = (about, call, answer) => {
    const [what = '', id = '', ...verb] = call.path;
    const requested = server.facts.last(requestedSubject(about.remediationId));
    const plan = requested && requestedSchema.parse(JSON.parse(requested.payload)).plan;
    const step = plan?.steps.find(({ bound }) => bound?.containers.includes(id));
    const newest = step && docker.claimantsOf(step.target).at(-1);
    docker.take(about, { ...call, path: [what, newest?.id ?? id, ...verb] }, answer);
  };
  return { ...started, docker: Object.assign(Object.create(docker), { take }) };
};

/** It believes that a container keeps the name under which it was seen first. */
export const seesNoRename: Sabotage = (started) => {
  const { docker } = started;
  const names = new Map<string, string | null>();
  const asFirst = (container: Container): Container => {
    names.set(container.id, names.get(container.id) ?? container.name);
    return { ...container, name: names.get(container.id) ?? null };
  };
  const view = Object.create(docker, { containers: { get: () => docker.containers.map(asFirst) } });
  const byId = (id: string) => docker.containers.filter((each) => each.id === id).map(asFirst)[0];
  return { ...started, docker: Object.assign(view, { byId }) };
};

/** The verifier is asked about a name alone. */
export const verifiesTheName = of('executor', ({ bus }) => ({
  ask: (subject, payload, question) => {
    const { bound: _, ...rest } = JSON.parse(String(payload || '{}'));
    return bus.ask(subject, subject === check ? JSON.stringify(rest) : payload, question);
  },
}));
const check = rpcSubject('verifier', 'check');

/** Every message is acknowledged as soon as it comes. */
export const acknowledgesAtOnce = (service: string): Sabotage =>
  of(service, ({ bus }) => ({
    js: {
      consumers: {
        get: async (stream: string, name: string) => {
          const consumer = await bus.js.consumers.get(stream, name);
          return {
            consume: async () => {
              const messages = await consumer.consume();
              return {
                stop: () => messages.stop(),
                async *[Symbol.asyncIterator]() {
                  for await (const message of messages) {
                    message.ack();
                    yield message;
                  }
                },
              };
            },
          };
        },
      },
    } as unknown as Bus['js'],
  }));
