import { Button, NativeSelect, Skeleton, Text } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { type Credit, type Credited, type CreditStep, creditQuery } from '../../api/people.ts'
import { registryQuery } from '../../api/registry.ts'
import { formatInstant } from '../../format/dates.ts'
import { formatMetric, formatMoney } from '../../format/numbers.ts'
import { useWords } from '../../i18n/language.tsx'
import { useSite } from '../../parts/use-site.ts'
import classes from './person.module.css'

const usualModel = 'last_non_direct'

interface CreditPanelProps {
  of: Credited
  id: string
}

/** Who is credited with a request or deal, and why; asked for only when somebody wants to know. */
export function CreditPanel({ of, id }: CreditPanelProps): ReactNode {
  const { t } = useWords()
  const [isOpen, setOpen] = useState(false)
  const panel = useId()
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        mt={4}
        ml={-8}
        aria-expanded={isOpen}
        aria-controls={isOpen ? panel : undefined}
        rightSection={<IconChevronDown size={14} style={isOpen ? { transform: 'rotate(180deg)' } : undefined} />}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? t('credit.hide') : t('credit.show')}
      </Button>
      {isOpen && (
        <section id={panel} className={classes.match} aria-label={t('credit.path', { id })}>
          <CreditOf of={of} id={id} />
        </section>
      )}
    </>
  )
}

function CreditOf({ of, id }: CreditPanelProps): ReactNode {
  const { t, language } = useWords()
  const { id: site = '' } = useSite()
  const [model, setModel] = useState(usualModel)
  const { data: registry } = useQuery(registryQuery)
  const { data, error } = useQuery(creditQuery(site, { of, id, model }))
  const models = registry?.models.map(({ id: value, label }) => ({ value, label: label[language] })) ?? []
  return (
    <>
      <NativeSelect
        size="xs"
        label={t('report.model')}
        data={models}
        value={model}
        onChange={(event) => setModel(event.currentTarget.value)}
      />
      <div aria-live="polite">
        {error && <Text size="sm">{error.message}</Text>}
        {!data && !error && <Skeleton h={48} mt="xs" />}
        {data && <Shares credit={data} />}
      </div>
    </>
  )
}

function Shares({ credit }: { credit: Credit }): ReactNode {
  const { language, name } = useWords()
  const { steps, uncredited, currency } = credit
  return (
    <>
      <Text size="xs" c="dimmed" mt={4}>
        {credit.explanation[language]}.
      </Text>
      <ol className={classes.credited}>
        {steps.map((step) => (
          <li key={step.position}>
            <div>
              <StepName step={step} />
              <Text size="xs" c="dimmed">
                {step.explanation[language]}
              </Text>
            </div>
            <Share share={step} currency={currency} />
          </li>
        ))}
        {uncredited && (
          <li>
            <div>
              <Text size="sm">{name('channel', 'uncredited')}</Text>
              <Text size="xs" c="dimmed">
                {uncredited.explanation[language]}
              </Text>
            </div>
            <Share share={uncredited} currency={currency} />
          </li>
        )}
      </ol>
    </>
  )
}

function StepName({ step }: { step: CreditStep }): ReactNode {
  const { t, language, name } = useWords()
  const { site } = useSite()
  const from = [step.source, step.medium, step.campaign].filter(Boolean).join(' / ')
  return (
    <>
      <Text size="sm" className={classes.value} {...(!step.counted && { c: 'dimmed' })}>
        {name('channel', step.channel)}
        {step.call !== undefined && ` · ${t('credit.call')}`}
      </Text>
      <Text size="xs" c="dimmed" className={classes.value}>
        {formatInstant(step.at, 'moment', { language, timezone: site?.timezone })}, {from}
      </Text>
    </>
  )
}

function Share({ share, currency }: { share: Pick<CreditStep, 'weight' | 'credit'>; currency: string }): ReactNode {
  const { language } = useWords()
  const { site } = useSite()
  const style = { language, currency: currency || (site?.currency ?? 'RUB') }
  return (
    <div className={classes.share}>
      <Text size="sm" fw={share.weight > 0 ? 600 : 400} {...(share.weight === 0 && { c: 'dimmed' })}>
        {formatMetric(share.weight, 'share', style)}
      </Text>
      {share.credit !== null && share.weight > 0 && <Text size="xs">{formatMoney(share.credit, style)}</Text>}
    </div>
  )
}
