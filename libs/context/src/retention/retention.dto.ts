import { z } from 'zod';
import { pageOf, pageQuery } from '#http';
import { projectSlug } from '#project';
import { priorities } from '../extract/priority.js';
import {
  type DueList,
  KEEP_EVERYTHING,
  type RetentionPolicy,
  type RetentionReport,
  type StoredRetentionPolicy,
} from './retention.js';

const days = z.int().min(1).max(36_500);

export const retentionParams = z.strictObject({ project: projectSlug });
export const retentionQuery = z.strictObject(pageQuery);

export const retentionFields = {
  archiveAfterDays: days
    .nullable()
    .meta({ description: 'Neither read nor changed for so many days: archived. Null: never. Not always_check ones.' }),
  purgeAfterDays: days.nullable().meta({ description: 'Archived for so many days: deleted for good. Null: never.' }),
  noticeDays: days.meta({ description: 'A report shows what becomes due within so many days.' }),
};

/** The whole policy: what is left out is as if it had never been set. */
export const putRetentionBody = z.strictObject({
  archiveAfterDays: retentionFields.archiveAfterDays.default(KEEP_EVERYTHING.archiveAfterDays),
  purgeAfterDays: retentionFields.purgeAfterDays.default(KEEP_EVERYTHING.purgeAfterDays),
  noticeDays: retentionFields.noticeDays.default(KEEP_EVERYTHING.noticeDays),
});

export const runRetentionBody = z
  .strictObject({
    dryRun: z.boolean().default(true).meta({ description: 'True: show what a run would do, and do nothing.' }),
  })
  .prefault({});

export const retentionResponse = z
  .object({
    project: z.string(),
    archiveAfterDays: z.int().nullable(),
    purgeAfterDays: z.int().nullable(),
    noticeDays: z.int(),
    updatedAt: z.iso.datetime().nullable().meta({ description: 'Null where no policy was ever set.' }),
  })
  .meta({ id: 'RetentionPolicy' });
export const retentionsResponse = pageOf(retentionResponse);

const dueList = z.object({
  count: z.int(),
  items: z
    .array(
      z.object({
        id: z.uuid(),
        label: z.string(),
        version: z.int(),
        priority: z.enum(priorities),
        since: z.iso.datetime().meta({ description: 'Last read or changed; of an archived one, archived.' }),
      }),
    )
    .meta({ description: 'The longest due, at most 100.' }),
});

export const reportResponse = z
  .object({
    project: z.string(),
    dryRun: z.boolean(),
    complete: z.boolean().meta({ description: 'False where there is more to do than one run does: run again.' }),
    archived: dueList,
    purged: dueList,
    notice: z.object({ archive: dueList, purge: dueList }),
  })
  .meta({ id: 'RetentionReport' });

export function toRetentionResponse(
  project: string,
  policy: RetentionPolicy & Partial<StoredRetentionPolicy>,
): z.infer<typeof retentionResponse> {
  const { archiveAfterDays, purgeAfterDays, noticeDays, updatedAt } = policy;
  return { project, archiveAfterDays, purgeAfterDays, noticeDays, updatedAt: updatedAt?.toISOString() ?? null };
}

export function toReportResponse(project: string, report: RetentionReport): z.infer<typeof reportResponse> {
  return {
    project,
    dryRun: report.dryRun,
    complete: report.complete,
    archived: toDueList(report.archived),
    purged: toDueList(report.purged),
    notice: { archive: toDueList(report.notice.archive), purge: toDueList(report.notice.purge) },
  };
}

function toDueList({ count, items }: DueList): z.infer<typeof dueList> {
  return {
    count,
    items: items.map(({ id, label, version, priority, since }) => ({
      id,
      label,
      version,
      priority,
      since: since.toISOString(),
    })),
  };
}
