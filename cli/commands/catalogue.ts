import type { Command } from '../command.ts';
import { auditCheckProofCommand } from './audit-check-proof.ts';
import { auditProveCommand } from './audit-prove.ts';
import { auditQueryCommand } from './audit-query.ts';
import { auditRebuildCommand } from './audit-rebuild.ts';
import { auditTailCommand } from './audit-tail.ts';
import { auditVerifyCommand } from './audit-verify.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { pauseCommand } from './pause.ts';
import { remediateCommand } from './remediate.ts';
import { replayCommand } from './replay.ts';
import { resumeCommand } from './resume.ts';
import { safetyResetCommand } from './safety-reset.ts';
import { safetyShowCommand } from './safety-show.ts';
import { statusCommand } from './status.ts';
import { targetsCommand } from './targets.ts';
import { upCommand } from './up.ts';
import { watchCommand } from './watch.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  upCommand,
  doctorCommand,
  statusCommand,
  targetsCommand,
  remediateCommand,
  explainCommand,
  watchCommand,
  safetyShowCommand,
  safetyResetCommand,
  pauseCommand,
  resumeCommand,
  auditTailCommand,
  auditQueryCommand,
  auditVerifyCommand,
  auditProveCommand,
  auditCheckProofCommand,
  auditRebuildCommand,
  replayCommand,
];
