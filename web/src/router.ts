// Every address of the screens: lazy views, and which role may open them. The house checks each request again.
import { createRouter, createWebHashHistory, START_LOCATION, type RouteRecordRaw } from 'vue-router'
import type { Role } from '@/api/session'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Who may open it; nothing = everybody, signed in or not. */
    roles?: Role[]
    /** Its place in the bar: the text's key. */
    nav?: string
    /** Without the bar. */
    bare?: boolean
  }
}

type View = () => Promise<unknown>
const views = import.meta.glob('./views/*/*.vue') as Record<string, View>
// A view with pages of its own lists them in views/NAME/routes.ts (default export: children).
const children = import.meta.glob('./views/*/routes.ts', { eager: true, import: 'default' }) as Record<string, RouteRecordRaw[]>

function view(file: string, route: { path: string; name: string; meta: RouteRecordRaw['meta'] }): RouteRecordRaw[] {
  const component = views[`./views/${file}.vue`]
  if (!component) return []
  const folder = file.split('/')[0] ?? ''
  const pages = children[`./views/${folder}/routes.ts`]
  const record = { path: route.path, component, meta: route.meta ?? {} }
  return pages ? [{ ...record, children: pages }] : [{ ...record, name: route.name }]
}

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'home', component: { render: () => null } },
  ...view('login/Login', { path: '/login', name: 'login', meta: { bare: true } }),
  ...view('login/Enrol', { path: '/enrol', name: 'enrol', meta: { bare: true, roles: ['operator', 'desk', 'supervisor', 'auditor', 'admin'] } }),
  ...view('login/OwnPassword', { path: '/password', name: 'password', meta: { bare: true, roles: ['operator', 'desk', 'supervisor', 'auditor', 'admin'] } }),
  ...view('setup/Setup', { path: '/setup', name: 'setup', meta: { bare: true } }),
  ...view('trial/Trial', { path: '/trial', name: 'trial', meta: { bare: true } }),
  ...view('phone/TestPhone', { path: '/phone', name: 'phone', meta: { roles: ['citizen'], nav: 'nav.phone' } }),
  ...view('operator/Operator', { path: '/operator', name: 'operator', meta: { roles: ['operator', 'supervisor'], nav: 'nav.operator' } }),
  ...view('desk/Desk', { path: '/desk', name: 'desk', meta: { roles: ['desk'], nav: 'nav.desk' } }),
  ...view('supervisor/Supervisor', { path: '/supervisor', name: 'supervisor', meta: { roles: ['supervisor', 'admin'], nav: 'nav.supervisor' } }),
  ...view('cases/Cases', { path: '/cases', name: 'promises', meta: { roles: ['operator', 'supervisor', 'auditor', 'admin'], nav: 'nav.cases' } }),
  ...view('calls/Calls', { path: '/calls', name: 'calls', meta: { roles: ['supervisor', 'auditor', 'admin', 'operator'], nav: 'nav.calls' } }),
  ...view('box/Box', { path: '/box/:call', name: 'box', meta: { roles: ['supervisor', 'auditor', 'admin', 'operator'] } }),
  ...view('knowledge/Knowledge', { path: '/knowledge', name: 'knowledge', meta: { roles: ['operator', 'supervisor', 'admin'], nav: 'nav.knowledge' } }),
  ...view('admin/Admin', { path: '/admin', name: 'admin', meta: { roles: ['admin', 'supervisor', 'auditor'], nav: 'nav.admin' } }),
  ...view('users/Users', { path: '/users', name: 'users', meta: { roles: ['admin'], nav: 'nav.users' } }),
  ...view('audit/Audit', { path: '/audit', name: 'audit', meta: { roles: ['auditor', 'admin'], nav: 'nav.audit' } }),
  { path: '/:rest(.*)*', redirect: '/' },
]

/** Where each role starts: the first of these that is built in. */
const HOME: Record<Role, string[]> = {
  operator: ['/operator'],
  desk: ['/desk'],
  supervisor: ['/supervisor'],
  auditor: ['/audit', '/calls'],
  admin: ['/admin', '/supervisor'],
  citizen: ['/phone'],
}

export const router = createRouter({ history: createWebHashHistory(), routes })

function home(role: Role): string {
  return HOME[role].find((path) => routes.some((r) => r.path === path)) ?? '/login'
}

/** `/?trial=TOKEN`, as the trial's start prints it, opens the trial page. */
function entrance(): string | null {
  const token = new URLSearchParams(location.search).get('trial')
  return token ? `/trial?token=${encodeURIComponent(token)}` : null
}

router.beforeEach(async (to, from) => {
  const way = from === START_LOCATION && to.path === '/' ? entrance() : null
  if (way) return way
  if (['/setup', '/trial'].includes(to.path)) return true
  const session = useSession()
  await session.load()
  const me = session.me
  if (!me) {
    if (to.path === '/login') return true
    return { path: '/login', query: to.path === '/' ? {} : { to: to.fullPath } }
  }
  const duty = me.must_change ? '/password' : me.must_enrol ? '/enrol' : null
  if (duty) return to.path === duty ? true : duty
  if (to.path === '/password') return '/enrol'
  if (to.path === '/login' || to.path === '/') return home(me.role)
  const roles = to.matched.flatMap((r) => (r.meta.roles ? [r.meta.roles] : []))
  return roles.every((list) => list.includes(me.role)) ? true : home(me.role)
})

/** What stands in the bar for a role. */
export function navigation(role: Role): { path: string; text: string }[] {
  return routes.flatMap((r) => {
    const meta = r.meta
    return meta?.nav && meta.roles?.includes(role) ? [{ path: r.path, text: meta.nav }] : []
  })
}
