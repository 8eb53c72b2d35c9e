-- What an earlier version created as superuser: one company, and one document with the word "Writ".
create table company (
  business_number text collate "C" not null,
  legal_name text not null,
  created_at timestamp(3) with time zone not null default now(),
  constraint company_pkey PRIMARY KEY (business_number),
  constraint company_business_number CHECK ((business_number ~ '^[0-9A-Z]{2,32}$'::text)),
  constraint company_legal_name CHECK ((((char_length(legal_name) >= 1) AND (char_length(legal_name) <= 200)) AND (legal_name = btrim(legal_name)) AND (legal_name !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029]'::text)))
);
insert into company values ('DE123456', 'Acme GmbH', '2026-11-28 17:17:10.443+00');
create table company_idempotency_key (
  key text collate "C" not null,
  fingerprint text not null,
  business_number text collate "C" not null,
  created_at timestamp(3) with time zone not null default now(),
  constraint company_idempotency_key_pkey PRIMARY KEY (key),
  constraint company_idempotency_key_business_number_fkey FOREIGN KEY (business_number) REFERENCES company(business_number) DEFERRABLE INITIALLY DEFERRED,
  constraint company_idempotency_key_key_check CHECK ((key ~ '^[!-~]{1,255}$'::text))
);
create index company_idempotency_key_created_at on company_idempotency_key using btree (created_at);
insert into company_idempotency_key values ('b1b13c8a-23f4-4ab1-8077-fe56ff7683db', '5b2305c89e0d0228f4759ea64b52e55f1b19012ff2da0f77e0b43e5b55ff2a3e', 'DE123456', '2026-11-28 17:17:10.443+00');
create table company_migration (
  name character varying(255) not null,
  timestamp character varying(255) not null,
  constraint company_migration_pkey PRIMARY KEY (name)
);
insert into company_migration values ('0001-company', '2026-11-28T17:17:06.183Z');
create table company_migration_lock (
  id character varying(255) not null,
  is_locked integer not null default 0,
  constraint company_migration_lock_pkey PRIMARY KEY (id)
);
insert into company_migration_lock values ('migration_lock', '0');
create table document (
  id uuid not null,
  title text not null,
  last_update bigint not null default 0,
  created_at timestamp(3) with time zone not null default now(),
  updated_at timestamp(3) with time zone not null default now(),
  constraint document_pkey PRIMARY KEY (id),
  constraint document_title CHECK ((char_length(title) <= 200))
);
create index document_created_at on document using btree (created_at, id);
insert into document values ('2b681c47-aaef-4716-bcc0-b87cb4efa3fd', 'Plan', '5', '2026-11-28 17:17:10.517+00', '2026-11-28 17:17:28.37+00');
create table document_migration (
  name character varying(255) not null,
  timestamp character varying(255) not null,
  constraint document_migration_pkey PRIMARY KEY (name)
);
insert into document_migration values ('0001-document', '2026-11-28T17:17:07.714Z');
create table document_migration_lock (
  id character varying(255) not null,
  is_locked integer not null default 0,
  constraint document_migration_lock_pkey PRIMARY KEY (id)
);
insert into document_migration_lock values ('migration_lock', '0');
create table document_presence (
  document_id uuid not null,
  client_id bigint not null,
  replica_id uuid not null,
  clock bigint not null,
  state text not null,
  constraint document_presence_pkey PRIMARY KEY (document_id, client_id)
);
create table document_replica (
  id uuid not null,
  seen_at timestamp with time zone not null default now(),
  constraint document_replica_pkey PRIMARY KEY (id)
);
create table document_snapshot (
  document_id uuid not null,
  number bigint not null,
  state bytea not null,
  constraint document_snapshot_pkey PRIMARY KEY (document_id),
  constraint document_snapshot_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id)
);
create table document_update (
  document_id uuid not null,
  number bigint not null,
  update bytea not null,
  replica_id uuid not null,
  constraint document_update_pkey PRIMARY KEY (document_id, number),
  constraint document_update_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id)
);
insert into document_update values ('2b681c47-aaef-4716-bcc0-b87cb4efa3fd', '1', E'\\x0101a09ab05a000401057469746c6504506c616e00', 'f3cbe4dc-fb11-4872-a36c-0a2577738d3e');
insert into document_update values ('2b681c47-aaef-4716-bcc0-b87cb4efa3fd', '2', E'\\x0103eda9a2e80e00070104626f647903097061726167726170680700eda9a2e80e00060400eda9a2e80e01015700', 'f3cbe4dc-fb11-4872-a36c-0a2577738d3e');
insert into document_update values ('2b681c47-aaef-4716-bcc0-b87cb4efa3fd', '3', E'\\x0101eda9a2e80e0384eda9a2e80e02017200', 'f3cbe4dc-fb11-4872-a36c-0a2577738d3e');
insert into document_update values ('2b681c47-aaef-4716-bcc0-b87cb4efa3fd', '4', E'\\x0101eda9a2e80e0484eda9a2e80e03016900', 'f3cbe4dc-fb11-4872-a36c-0a2577738d3e');
insert into document_update values ('2b681c47-aaef-4716-bcc0-b87cb4efa3fd', '5', E'\\x0101eda9a2e80e0584eda9a2e80e04017400', 'f3cbe4dc-fb11-4872-a36c-0a2577738d3e');
create table document_version (
  id bigint not null generated always as identity,
  document_id uuid not null,
  number bigint not null,
  title text,
  state bytea not null,
  created_at timestamp(3) with time zone not null default now(),
  constraint document_version_pkey PRIMARY KEY (id),
  constraint document_version_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id),
  constraint document_version_title CHECK ((char_length(title) <= 200))
);
create index document_version_document_id on document_version using btree (document_id, id);
