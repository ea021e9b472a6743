import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import {
  attemptSchema,
  cutSchema,
  type Evidence,
  engineEventSchema,
  killSchema,
  type LogLine,
  logLineSchema,
  messageSchema,
  readingSchema,
  runSchema,
} from './evidence.ts';

/** The files of a folder of evidence. All but `run` are JSON lines; what a run did not record is not there. */
export const files = {
  run: 'run.json',
  attempts: 'clients.jsonl',
  messages: 'streams.jsonl',
  audit: 'audit',
  engineEvents: 'docker-events.jsonl',
  readings: 'readings.jsonl',
  kills: 'kills.jsonl',
  cuts: 'cuts.jsonl',
  logs: 'logs',
} as const;

/** Throws when something in it cannot be read: evidence that is broken proves nothing. */
export function readFolder(folder: string): Evidence {
  const path = (name: string) => join(folder, name);
  return {
    run: runSchema.parse(JSON.parse(readFileSync(path(files.run), 'utf8'))),
    attempts: rows(path(files.attempts), attemptSchema),
    messages: rows(path(files.messages), messageSchema),
    auditLines: filesIn(path(files.audit)).flatMap(linesOf),
    engineEvents: rows(path(files.engineEvents), engineEventSchema),
    readings: rows(path(files.readings), readingSchema),
    kills: rows(path(files.kills), killSchema),
    cuts: rows(path(files.cuts), cutSchema),
    logs: filesIn(path(files.logs)).flatMap(logOf),
  };
}

function linesOf(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

function rows<S extends z.ZodType>(file: string, schema: S): readonly z.output<S>[] {
  return linesOf(file).map((line) => schema.parse(JSON.parse(line)));
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : [];
}

/** What a killed process was writing may end in the middle of its last line; everything else has to be one. */
function logOf(file: string): readonly LogLine[] {
  const lines = linesOf(file);
  return lines.flatMap((text, at) => {
    try {
      return [{ process: basename(file, '.jsonl'), line: logLineSchema.parse(JSON.parse(text)), text }];
    } catch (error) {
      if (at === lines.length - 1) return [];
      throw error;
    }
  });
}
