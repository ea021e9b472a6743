import type { SiteRules } from '#libs/actions/action';
import type { DockerEngine } from './docker/docker-engine.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { Maintenance } from './maintenance.ts';

/** Where patients are looked up and looked at, and by which rules they may be acted upon. */
export type EngineView = {
  readonly engine: DockerEngine;
  readonly inventory: Inventory;
  readonly rules: SiteRules;
  readonly maintenance: Maintenance;
};
