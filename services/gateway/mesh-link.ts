import type { ServiceContext } from '#libs/bus/open-service';
import { Problem } from '#libs/contracts/problem';
import type { PartState } from '#libs/runtime/health';
import type { Admission } from './admission.ts';
import type { Ends } from './watch.ts';

/** What the gateway can do once it is connected. */
export type Mesh = {
  readonly context: ServiceContext;
  readonly admission: Admission;
  readonly ends: Ends;
};

/** The way from the HTTP side, which listens from the first moment on, to the mesh, which may be away. */
export interface MeshLink {
  /** Throws `nats_unavailable` while there is no way. */
  open(): Mesh;
  readonly current: Mesh | undefined;
  /** Whether NATS answers, as far as is known. */
  nats(): PartState;
}

const away = {
  ok: false,
  cause: 'NATS cannot be reached',
  remedy: 'start nats-server or correct NATS_URL; the gateway goes on by itself as soon as NATS answers',
} as const;

export function createMeshLink(): MeshLink & { connect(mesh: Mesh): void } {
  let mesh: Mesh | undefined;
  const nats = (): PartState => mesh?.context.health.snapshot().parts.nats ?? away;
  return {
    connect: (opened) => {
      mesh = opened;
    },
    get current() {
      return mesh;
    },
    nats,
    open: () => {
      if (mesh && nats().ok) return mesh;
      throw new Problem('nats_unavailable', 'NATS cannot be reached. Start nats-server or correct NATS_URL.');
    },
  };
}
