import { ActionIcon, type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core'
import {
  IconActivity,
  IconBook2,
  IconCode,
  IconDeviceDesktop,
  IconDotsVertical,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
} from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { dropToken, useToken } from '../access/token-store.ts'
import { useWords } from '../i18n/language.tsx'

const themes = [
  { id: 'auto', Icon: IconDeviceDesktop },
  { id: 'light', Icon: IconSun },
  { id: 'dark', Icon: IconMoon },
] as const

/** Language, theme and the way out, from every page and from the sign-in. */
export function PageMenu(): ReactNode {
  const { t, language, setLanguage } = useWords()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const queries = useQueryClient()
  const signedIn = useToken() !== undefined
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={t('app.menu')}>
          <IconDotsVertical size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconLanguage size={16} />}
          lang={language === 'en' ? 'ru' : 'en'}
          onClick={() => setLanguage(language === 'en' ? 'ru' : 'en')}
        >
          {t('app.language.other')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('app.theme')}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(next) => setColorScheme(next as MantineColorScheme)}>
          {themes.map(({ id, Icon }) => (
            <Menu.RadioItem key={id} value={id} rightSection={<Icon size={16} />}>
              {t(`app.theme.${id}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        {signedIn && (
          <Menu.Item
            leftSection={<IconCode size={16} />}
            renderRoot={(props) => (
              <Link to="/install" search={({ site }) => (site === undefined ? {} : { site })} {...props} />
            )}
          >
            {t('app.nav.install')}
          </Menu.Item>
        )}
        {signedIn && (
          <Menu.Item
            leftSection={<IconActivity size={16} />}
            renderRoot={(props) => (
              <Link to="/status" search={({ site }) => (site === undefined ? {} : { site })} {...props} />
            )}
          >
            {t('app.nav.status')}
          </Menu.Item>
        )}
        <Menu.Item component="a" href="/docs" target="_blank" leftSection={<IconBook2 size={16} />}>
          {t('app.reference')}
        </Menu.Item>
        {signedIn && (
          <Menu.Item
            leftSection={<IconLogout size={16} />}
            onClick={() => {
              dropToken('asked')
              // The next to sign in here must not see what this token could.
              queries.clear()
            }}
          >
            {t('app.sign_out')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
