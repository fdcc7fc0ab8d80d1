/** Whether any text is rejected in a project. @param row of a table that has `workspace_id` and `project_id` */
export function isProjectRejecting(row: string): string {
  return `EXISTS (SELECT FROM forgotten_texts AS f
    WHERE f.workspace_id = ${row}.workspace_id AND f.project_id = ${row}.project_id AND f.is_rejected)`;
}
