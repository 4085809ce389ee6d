import { Box, Container, Group, Text } from '@mantine/core'
import { Link, Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useToken } from '../access/token-store.ts'
import { useWords } from '../i18n/language.tsx'
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx'
import { Mark } from '../parts/mark.tsx'
import { PageMenu } from './page-menu.tsx'
import { PersonSearch } from './person-search.tsx'
import classes from './shell.module.css'
import { SitePicker } from './site-picker.tsx'

/** The frame around every page. Without a token it holds the sign-in; the address stays, so that links survive it. */
export function Shell(): ReactNode {
  const { t } = useWords()
  if (useToken() === undefined) return <SignInPage />
  return (
    <>
      <a href="#content" className={classes.skip}>
        {t('app.skip')}
      </a>
      <header className={classes.header}>
        <Container size={1600} className={classes.bar}>
          <Link to="/" search={keepSite} className={classes.home} aria-label="Throughline">
            <Mark size={28} />
            <Text span fw={650} visibleFrom="md">
              Throughline
            </Text>
          </Link>
          <Group component="nav" gap={4} wrap="nowrap" aria-label={t('app.nav')} className={classes.nav}>
            <Link
              to="/"
              search={keepSite}
              className={classes.link}
              activeOptions={{ exact: true, includeSearch: false }}
            >
              {t('app.nav.report')}
            </Link>
            <Link to="/persons" search={keepSite} className={classes.link} activeOptions={{ includeSearch: false }}>
              {t('app.nav.people')}
            </Link>
            <Link to="/cross" search={keepSite} className={classes.link} activeOptions={{ includeSearch: false }}>
              {t('app.nav.cross')}
            </Link>
          </Group>
          <Box className={classes.search}>
            <PersonSearch />
          </Box>
          <Box className={classes.site}>
            <SitePicker />
          </Box>
          <PageMenu />
        </Container>
      </header>
      <Container component="main" size={1600} py="lg" id="content" tabIndex={-1} className={classes.main}>
        <Outlet />
      </Container>
    </>
  )
}

function keepSite({ site }: { site?: string | undefined }): { site?: string } {
  return site === undefined ? {} : { site }
}
