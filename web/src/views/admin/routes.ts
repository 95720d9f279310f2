// The pages below /admin.
import type { RouteRecordRaw } from 'vue-router'

const pages: RouteRecordRaw[] = [
  { path: '', redirect: '/admin/trunks' },
  { path: 'trunks', name: 'admin-trunks', component: () => import('./trunks/Trunks.vue') },
  { path: 'trunks/:name', name: 'admin-trunk', component: () => import('./trunks/Trunk.vue') },
  { path: 'routing', name: 'admin-routing', component: () => import('./routing/Routing.vue') },
  { path: 'people/:kind?', name: 'admin-people', component: () => import('./people/People.vue') },
  { path: 'calendar', name: 'admin-calendar', component: () => import('./calendar/Calendar.vue') },
  { path: 'prompts', name: 'admin-prompts', component: () => import('./prompts/Prompts.vue') },
  { path: 'limits', name: 'admin-limits', component: () => import('./Limits.vue') },
  { path: 'retention', name: 'admin-retention', component: () => import('./Retention.vue') },
  { path: 'webhooks', name: 'admin-webhooks', component: () => import('./webhooks/Webhooks.vue') },
  { path: 'files/:file*', name: 'admin-files', component: () => import('./files/Files.vue') },
  { path: 'rehearsal', name: 'admin-rehearsal', component: () => import('./rehearsal/RehearsalPage.vue') },
  { path: 'versions', name: 'admin-versions', component: () => import('./versions/Versions.vue') },
]

export default pages
