-- What BI tools may read: views without phones, e-mails, names, addresses, recordings and full URLs. Described in the
-- README of storage, column by column where a name does not say it. Creates views: no time on any number of rows.
--
-- They run with the rights of whoever made them, so that their readers need no right on a table.

CREATE OR REPLACE VIEW bi_sessions DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, id, visitor, person, started_at, ended_at, session_number,
  channel, source, medium, campaign, content, term, click_ids,
  landing_path, referrer_host, project,
  device, browser, os, country, region, city,
  pages, events, forms, engaged_ms, scroll_percent, bounce,
  ga, ym, pool
FROM sessions FINAL
WHERE bot = 0;

CREATE OR REPLACE VIEW bi_calls DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, id, at, `to` AS number, pool, direction, status, duration, talk, wait, operator, provider, tags,
  session, visitor, person, confidence, reason,
  channel, source, medium, campaign
FROM call_matches FINAL;

CREATE OR REPLACE VIEW bi_leads DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, fact, id, at, lead_kind, status, first, target, talk, number, pool, project,
  person, visitor, session, touches
FROM conversions FINAL
WHERE kind = 'lead';

CREATE OR REPLACE VIEW bi_deals DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, id, at AS created_at, closed_at, status, stage, reason, manager, project, value, currency,
  person, visitor, session, touches
FROM conversions FINAL
WHERE kind = 'deal';

CREATE OR REPLACE VIEW bi_touchpoints DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, conversion_kind, conversion_fact, conversion, position, length, at, session, call,
  channel, source, medium, campaign, content, term, landing_path, referrer_host,
  device, browser, os, country, region, city,
  conversion_at, closed_at, lead_kind, status, stage, reason, manager, project, value, currency,
  person, first, target, number, pool
FROM touchpoints FINAL;

CREATE OR REPLACE VIEW bi_costs DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
  site, date, channel, source, medium, campaign, content, term, cost, currency, clicks, impressions
FROM costs
-- The newest word on each key counts.
ORDER BY received_at DESC, node DESC, segment DESC, row DESC
LIMIT 1 BY site, date, source, medium, campaign, content, term;
