import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router'
import { Shell } from './layout/shell.tsx'
import { readCrossSearch } from './pages/cross/cross-search.ts'
import { type Asked, isKind } from './pages/find/read-asked.ts'
import { isPlatform, type Platform } from './pages/install/snippets.ts'
import { LostPage } from './pages/lost/lost-page.tsx'
import { ReportPage } from './pages/report/report-page.tsx'
import { readReportSearch } from './pages/report/report-search.ts'

interface SiteSearch {
  site?: string | undefined
}

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: LostPage,
  validateSearch: readSite,
  // Wherever a link leads, it stays on the site it was clicked on.
  search: { middlewares: [retainSearchParams(['site'])] },
})

const reportRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: readReportSearch,
  component: ReportPage,
})

const findRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/persons',
  validateSearch: (raw: Record<string, unknown>): SiteSearch & Partial<Asked> => ({
    ...readSite(raw),
    ...(isKind(raw.by) && { by: raw.by }),
    ...(raw.value !== undefined && { value: String(raw.value) }),
  }),
  component: lazyRouteComponent(() => import('./pages/find/find-page.tsx'), 'FindPage'),
})

const personRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/persons/$person',
  component: lazyRouteComponent(() => import('./pages/person/person-page.tsx'), 'PersonPage'),
})

const crossRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/cross',
  validateSearch: readCrossSearch,
  component: lazyRouteComponent(() => import('./pages/cross/cross-page.tsx'), 'CrossPage'),
})

const statusRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/status',
  component: lazyRouteComponent(() => import('./pages/status/status-page.tsx'), 'StatusPage'),
})

const installRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/install',
  validateSearch: (raw: Record<string, unknown>): SiteSearch & { on?: Platform } => ({
    ...readSite(raw),
    ...(isPlatform(raw.on) && { on: raw.on }),
  }),
  component: lazyRouteComponent(() => import('./pages/install/install-page.tsx'), 'InstallPage'),
})

const checkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/install/check',
  validateSearch: (raw: Record<string, unknown>): SiteSearch & { url?: string } => ({
    ...readSite(raw),
    ...(raw.url !== undefined && raw.url !== '' && { url: String(raw.url) }),
  }),
  component: lazyRouteComponent(() => import('./pages/install/check-page.tsx'), 'CheckPage'),
})

/** Every page of the dashboard and its address. `dashboard-routes.ts` lists the same paths for the server. */
export function createDashboardRouter() {
  return createRouter({
    routeTree: rootRoute.addChildren([
      ...[reportRoute, crossRoute, findRoute, personRoute, statusRoute, installRoute, checkRoute],
    ]),
    defaultPreload: 'intent',
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createDashboardRouter>
  }
}

function readSite(raw: Record<string, unknown>): SiteSearch {
  return raw.site === undefined || raw.site === '' ? {} : { site: String(raw.site) }
}
