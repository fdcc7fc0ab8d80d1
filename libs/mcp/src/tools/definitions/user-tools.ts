import { describing, MERGE_PATCH } from '../strict-schema.js';
import type { ToolDefinition } from '../tool.js';

export const userTools: readonly ToolDefinition[] = [
  {
    name: 'relevance_rank',
    title: 'Rank memory for a user',
    description: 'The contexts that are most relevant to a user in a situation, with the factors of each score.',
    route: 'GET /v1/relevance',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'feedback_add',
    title: 'Give feedback on a context',
    description:
      'Say what a user thought of a context or did with it: thumbs, rating, dwell, click, cite (an answer rests on it) or note.',
    route: 'POST /v1/feedback',
    effect: 'adds',
  },
  {
    name: 'feedback_list',
    title: 'List feedback',
    description: 'Feedback on the contexts of a project, of a user or on one context, newest first.',
    route: 'GET /v1/feedback',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'profile_get',
    title: 'Read the profile of a user',
    description: 'What is remembered of a user in all projects: profile and preferences, with a version; 0: nothing.',
    route: 'GET /v1/users/:user/profile',
    effect: 'reads',
    recalls: true,
  },
  {
    name: 'profile_update',
    title: 'Change the profile of a user',
    description: 'Merge JSON merge patches into the profile or the preferences of a user. Made where nothing is there.',
    route: 'PATCH /v1/users/:user/profile',
    effect: 'changes',
    refine: describing({
      profile: `What is known of the user. ${MERGE_PATCH}`,
      preferences: `What the user wants. ${MERGE_PATCH}`,
    }),
    recalls: true,
  },
  {
    name: 'profile_history',
    title: 'List the changes of a profile',
    description: 'Changes of the profile of a user with who made them, newest first.',
    route: 'GET /v1/users/:user/profile/history',
    effect: 'reads',
    recalls: true,
  },
];
