/** The API's types, written by `npm run api` from its OpenAPI document. Not to be edited. */
export interface paths {
    "/api/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List devices by id. */
        get: operations["list_devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return one device with its dashboards and its link. */
        get: operations["get_device"];
        /**
         * Register or update a device: the hook.
         * @description <br/>201 the first time, 200 after. With `?wait=` it answers when what was sent is shown and the link is live, or with<br/>202 when that is not so by then (or when four requests are waiting already). A retired device stays retired: 200,<br/>and nothing changes.
         */
        put: operations["put_device"];
        post?: never;
        /** Retire a device: its links answer 410 at once, its dashboard goes away; it can be revived for a set time. */
        delete: operations["retire_device"];
        options?: never;
        head?: never;
        /** Set a device's fields by hand; they win over what the hook sends, until they are set to null. */
        patch: operations["edit_device"];
        trace?: never;
    };
    "/api/devices/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Register up to 10,000 devices; each has its own result, and a bad one never affects the others. */
        post: operations["put_devices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep all devices of a client fresh, and answer whether to send everything again.
         * @description <br/>A client is known by the header `X-Dashwright-Client`, sent with its batches too; without it, by its token.
         */
        post: operations["heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/{device_id}/revive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bring a retired device back, with the same dashboard and the same links. */
        post: operations["revive_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/{device_id}/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a device's dashboards and all links to them, its own first. */
        get: operations["get_dashboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List links, newest first. */
        get: operations["list_links"];
        put?: never;
        /** Create a link to a device's dashboard or to a document. */
        post: operations["create_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/switch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether links are on as a whole. */
        get: operations["get_switch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turn all links off: visitors get 403 from the next request on, open pages show the notice. Repeatable. */
        post: operations["turn_links_off"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/on": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turn links on again; each is as it was before. Repeatable. */
        post: operations["turn_links_on"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return one link; 410 for a token that was rotated out. */
        get: operations["get_link"];
        put?: never;
        post?: never;
        /** Revoke a link for good: visitors get 410 from the next request on. Doing it again changes nothing. */
        delete: operations["revoke_link"];
        options?: never;
        head?: never;
        /** Change a link; what is left out stays, null takes a field back. */
        patch: operations["edit_link"];
        trace?: never;
    };
    "/api/links/{token}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause a link: visitors get 403 from the next request on, open pages show the notice. Repeatable. */
        post: operations["pause_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/{token}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Resume a paused link. Repeatable. */
        post: operations["resume_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/{token}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replace a link's token. The slug stays; the old token answers 410 at once, or after `grace_seconds`. */
        post: operations["rotate_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/links/{token}/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return what happened on a link: created by whom, views and refusals by day, and every change. */
        get: operations["get_ledger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List who did what, newest first. */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the templates in use, and those whose file is broken, with the reason. */
        get: operations["list_templates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return one template in use with its source. */
        get: operations["get_template"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a template's source without using it: every problem with its panel, field, line and column.
         * @description <br/>`unshareable` names what a public dashboard will not show of it.
         */
        post: operations["check_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Return which devices' dashboards would change if this source took the place of the template with its name. */
        post: operations["plan_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates/{name}/render": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fill a template for a device and return the document, without writing or publishing it. */
        post: operations["render_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/specs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the specs that ship. */
        get: operations["list_specs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/specs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a spec that ships, with its source. */
        get: operations["get_spec"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/specs/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Check a spec: every problem with its path, line and column. */
        post: operations["check_spec"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return the JSON schema of a spec, for editors. */
        get: operations["get_spec_schema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the plans that ship: which dashboards are made where none are given. */
        get: operations["list_plans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/plans/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Check a plan file: every problem with its path, line and column. */
        post: operations["check_plans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Generate dashboards and answer with them; nothing is stored. */
        post: operations["generate_dashboards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/provision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Generate dashboards and publish them: written, proven, ready to be linked. Repeatable. */
        post: operations["provision_dashboards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the generated dashboards in the wanted set, each with its state. */
        get: operations["list_generated"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/documents/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraw a generated dashboard: its links end at once, then file and dashboard go. */
        delete: operations["withdraw_generated"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Return how dashboards differ from what the spec gives now; layout, ids and metadata do not count.
         * @description <br/>Without `only`, generated ones that no plan makes any more count as removed.
         */
        post: operations["verify_dashboards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/inventory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the panels of the provisioned generated dashboards, as JSON, CSV or JSON lines. */
        get: operations["get_inventory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/inventory/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Compare two inventories by panel_uuid: added, removed, renamed. */
        post: operations["compare_inventories"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Find metrics of the spec that no panel shows, and panels whose metric the spec does not describe. */
        post: operations["get_coverage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Return the recording and alert rules of a spec as a Prometheus rule file. */
        post: operations["get_rules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/generator/discover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a spec of what the configured Prometheus knows of its metrics, to be edited. */
        get: operations["discover_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the packs that ship, each with its state and what installing it would change. */
        get: operations["list_packs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return one pack. */
        get: operations["get_pack"];
        /** Install a pack or upgrade it to what ships; the same again changes nothing. */
        put: operations["install_pack"];
        post?: never;
        /** Remove a pack's dashboards: their links end at once. A pack that is not installed stays so. */
        delete: operations["remove_pack"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return the steps the next pass would take, and the removals that wait for a person's word. */
        get: operations["get_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/prometheus/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the readings of polled devices and every device that has its own `/metrics`, in Prometheus' http_sd format.
         * @description <br/>A Prometheus on this machine is sent to the poller itself, another one to `/metrics/devices` of the address it used.
         */
        get: operations["list_targets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return who is calling and what the caller may do. */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the API tokens, newest first, revoked ones included; never the tokens themselves. */
        get: operations["list_tokens"];
        put?: never;
        /** Create an API token; the answer is the only place where it is ever shown. */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke an API token for good; doing it again changes nothing. */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List everybody who may sign in, by name; never a password or its hash. */
        get: operations["list_users"];
        put?: never;
        /** Add a person. */
        post: operations["create_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove a person for good; what the person made stays. */
        delete: operations["remove_user"];
        options?: never;
        head?: never;
        /** Change a person's role or password, disable or enable; ends the person's sessions. */
        patch: operations["edit_user"];
        trace?: never;
    };
    "/api/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change one's own password, which needs the old one; all other sessions end. */
        post: operations["change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return this description. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The one shape of every error. */
        ErrorAnswer: {
            error: components["schemas"]["ErrorShape"];
        };
        /** @description What went wrong; `code` is stable, `message` is for people. */
        ErrorShape: {
            code: string;
            message: string;
            details: {
                [key: string]: unknown;
            };
            request_id: string;
        };
        /** @description One page of devices. */
        DeviceList: components["schemas"]["DeviceAnswer"][];
        DashboardShape: {
            slot: string;
            uid: string;
            title: string;
            state: string;
        } & {
            [key: string]: unknown;
        };
        /** @description The hook's answer. */
        DeviceAnswer: {
            device: components["schemas"]["DeviceShape"];
            dashboards: components["schemas"]["DashboardShape"][];
            /** @default null */
            link?: components["schemas"]["LinkShort"] | null;
        } & {
            [key: string]: unknown;
        };
        DeviceShape: {
            id: string;
            hostname: string;
            kind: string;
            labels: {
                [key: string]: string;
            };
            /** @default null */
            address?: string | null;
            share: string | boolean;
            state: string;
        } & {
            [key: string]: unknown;
        };
        LinkShort: {
            url: string;
            embed_url: string;
            token: string;
            slug: string;
            state: string;
        } & {
            [key: string]: unknown;
        };
        /** @description What a device is, as the hook's caller knows it; a field left out stays as it was. */
        DeviceBody: {
            /** @default null */
            hostname?: string | null;
            /** @default null */
            kind?: string | null;
            /** @default null */
            labels?: Record<string, never> | null;
            /** @default null */
            address?: string | null;
            /** @default null */
            share?: boolean | ("light" | "dark" | "wall" | "explore" | "report") | null;
        };
        /** @description Up to 10,000 devices. */
        Batch: components["schemas"]["BatchItem"][];
        BatchItem: {
            /** @default null */
            hostname?: string | null;
            /** @default null */
            kind?: string | null;
            /** @default null */
            labels?: Record<string, never> | null;
            /** @default null */
            address?: string | null;
            /** @default null */
            share?: boolean | ("light" | "dark" | "wall" | "explore" | "report") | null;
            id: string;
        };
        BatchAnswer: {
            results: components["schemas"]["BatchResult"][];
        } & {
            [key: string]: unknown;
        };
        BatchResult: {
            id: unknown;
            status: number;
            /** @default null */
            error?: components["schemas"]["ErrorShape"] | null;
        } & {
            [key: string]: unknown;
        };
        HeartbeatAnswer: {
            epoch: string;
            /** @description The epoch differs or devices are missing: send everything again. */
            resend: boolean;
        } & {
            [key: string]: unknown;
        };
        Heartbeat: {
            /**
             * @description The store's epoch as the client knows it.
             * @default null
             */
            epoch?: string | null;
            /** @description How many devices the client looks after. */
            count: number;
            /**
             * @description The client's name for people; it is identified by the header `X-Dashwright-Client`.
             * @default null
             */
            client?: string | null;
        };
        /** @description What a person sets by hand; it wins over what the hook sends. `null` takes it back. */
        DeviceEdit: {
            /** @default null */
            hostname?: string | null;
            /** @default null */
            kind?: string | null;
            /** @default null */
            labels?: Record<string, never> | null;
            /** @default null */
            address?: string | null;
            /** @default null */
            share?: boolean | ("light" | "dark" | "wall" | "explore" | "report") | null;
        };
        /** @description A deletion's answer. */
        Message: {
            message: string;
        };
        DeviceDashboards: {
            dashboards: components["schemas"]["DashboardShape"][];
            links: components["schemas"]["LinkAnswer"][];
        } & {
            [key: string]: unknown;
        };
        /** @description A link, as those who look after it see it. `views` and the two `…seen_at` are written once a minute. */
        LinkAnswer: {
            url: string;
            embed_url: string;
            token: string;
            slug: string;
            state: string;
            label: string;
            /** @description For the link's owner; no visitor sees it. */
            note: string;
            slug_url: string;
            /** @default null */
            device?: string | null;
            /** @default null */
            document?: string | null;
            slot: string;
            document_uid: string;
            /** @description The device's own link, the one the hook answers with. */
            is_default: boolean;
            profile: {
                [key: string]: unknown;
            };
            /** @default null */
            not_before?: string | null;
            /** @default null */
            expires_at?: string | null;
            has_password: boolean;
            frame_ancestors: string[];
            created_by: string;
            created_at: string;
            updated_at: string;
            /** @default null */
            first_seen_at?: string | null;
            /** @default null */
            last_seen_at?: string | null;
            views: number;
        } & {
            [key: string]: unknown;
        };
        /** @description One page of links. */
        LinkList: components["schemas"]["LinkAnswer"][];
        /** @description A link to a device's dashboard (`device`, `slot`) or to any document (`document`, its uid). */
        NewLink: {
            /** @default null */
            device?: string | null;
            /** @default null */
            slot?: string | null;
            /** @default null */
            document?: string | null;
            /** @default null */
            label?: string | null;
            /** @default null */
            note?: string | null;
            /** @default null */
            slug?: string | null;
            /** @default null */
            profile?: components["schemas"]["Profile"] | ("light" | "dark" | "wall" | "explore" | "report") | null;
            /** @default null */
            not_before?: string | null;
            /** @default null */
            expires_at?: string | null;
            /** @default null */
            password?: string | null;
            /** @default null */
            frame_ancestors?: string[] | null;
        };
        /** @description How the link's page looks and what a visitor may change; an empty refresh, from or to is the dashboard's own. */
        Profile: {
            /** @default null */
            theme?: ("auto" | "light" | "dark") | null;
            /** @default null */
            refresh?: string | null;
            /** @default null */
            from?: string | null;
            /** @default null */
            to?: string | null;
            /** @default null */
            picker?: boolean | null;
            /** @default null */
            chrome?: boolean | null;
            /** @default null */
            transparent?: boolean | null;
        };
        /** @description Whether links are on as a whole. */
        Switch: {
            links_on: boolean;
        } & {
            [key: string]: unknown;
        };
        /** @description What is to change; what is left out stays, null takes a field back. */
        LinkEditBody: {
            /** @default null */
            label?: string | null;
            /** @default null */
            note?: string | null;
            /** @default null */
            slug?: string | null;
            /** @default null */
            profile?: components["schemas"]["Profile"] | ("light" | "dark" | "wall" | "explore" | "report") | null;
            /** @default null */
            not_before?: string | null;
            /** @default null */
            expires_at?: string | null;
            /** @default null */
            password?: string | null;
            /** @default null */
            frame_ancestors?: string[] | null;
        };
        /** @description How a token is replaced; without a body the old one is over at once. */
        Rotation: {
            /**
             * @description For how long the old token still opens the link.
             * @default null
             */
            grace_seconds?: number | null;
        };
        /** @description Who made, changed and saw a link. No visitor's address is kept. */
        LedgerAnswer: {
            token: string;
            slug: string;
            label: string;
            state: string;
            /** @default null */
            device?: string | null;
            /** @default null */
            document?: string | null;
            slot: string;
            document_uid: string;
            title: string;
            created_by: string;
            created_at: string;
            /** @default null */
            first_seen_at?: string | null;
            /** @default null */
            last_seen_at?: string | null;
            views_total: number;
            from_day: string;
            views: number;
            refused: {
                [key: string]: number;
            };
            days: components["schemas"]["DayShape"][];
            changes: components["schemas"]["AuditShape"][];
        } & {
            [key: string]: unknown;
        };
        /** @description One action. Actions are only ever added. */
        AuditShape: {
            id: number;
            at: string;
            actor: string;
            action: string;
            object_kind: string;
            object_id: string;
            details: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        DayShape: {
            /** @description UTC. */
            day: string;
            views: number;
            /** @description Refused requests by reason. */
            refused: {
                [key: string]: number;
            };
        } & {
            [key: string]: unknown;
        };
        /** @description What was done, newest first. */
        AuditList: components["schemas"]["AuditShape"][];
        /** @description All templates in use. */
        TemplateList: components["schemas"]["TemplateShape"][];
        /** @description A template in use, or one whose file is broken (`error`); the last good version of a broken one stays in use. */
        TemplateShape: {
            name: string;
            /** @default null */
            slot?: string | null;
            /** @default null */
            scope?: string | null;
            /** @default null */
            hash?: string | null;
            in_use: boolean;
            /** @default null */
            error?: string | null;
            /**
             * @description Another template that applies to the same devices, and which wins.
             * @default null
             */
            doubt?: string | null;
        } & {
            [key: string]: unknown;
        };
        TemplateAnswer: {
            name: string;
            /** @default null */
            slot?: string | null;
            /** @default null */
            scope?: string | null;
            /** @default null */
            hash?: string | null;
            in_use: boolean;
            /** @default null */
            error?: string | null;
            /**
             * @description Another template that applies to the same devices, and which wins.
             * @default null
             */
            doubt?: string | null;
            source: string | null;
        } & {
            [key: string]: unknown;
        };
        TemplateVerdict: {
            ok: boolean;
            problems: components["schemas"]["ProblemShape"][];
            unshareable: components["schemas"]["ShareProblemShape"][];
        } & {
            [key: string]: unknown;
        };
        /** @description One thing wrong at one place. */
        ProblemShape: {
            path: string;
            message: string;
            /** @default null */
            line?: number | null;
            /** @default null */
            column?: number | null;
        } & {
            [key: string]: unknown;
        };
        /** @description What a public dashboard cannot show; `panel` is null where it is the dashboard's own. */
        ShareProblemShape: {
            feature: string;
            path: string;
            panel: string | null;
            panel_id: number | null;
            why: string;
            remedy: string;
        } & {
            [key: string]: unknown;
        };
        TemplateSource: {
            /** @default posted.json */
            name?: string;
            /** @description The template file's whole text. */
            source: string;
        };
        /** @description What a template would change: of `devices` the first `planned` were looked at; `changes` holds at most 200. */
        TemplatePlan: {
            devices: number;
            planned: number;
            changed: number;
            changes: {
                [key: string]: unknown;
            }[];
        } & {
            [key: string]: unknown;
        };
        /** @description A filled document as it would be written. */
        DocumentAnswer: {
            uid: string;
            content: string;
            document: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        RenderRequest: {
            device: string;
        };
        /** @description The specs that ship. */
        SpecList: components["schemas"]["SpecShape"][];
        SpecShape: {
            name: string;
            hash: string;
            /** @description Metrics by family. */
            families: {
                [key: string]: number;
            };
        } & {
            [key: string]: unknown;
        };
        SpecAnswer: {
            name: string;
            hash: string;
            /** @description Metrics by family. */
            families: {
                [key: string]: number;
            };
            source: string;
        } & {
            [key: string]: unknown;
        };
        SpecVerdict: {
            ok: boolean;
            problems: components["schemas"]["ProblemShape"][];
            /** @default null */
            hash?: string | null;
            /** @default null */
            families?: {
                [key: string]: number;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** @description A file's text, YAML or JSON. */
        SourceBody: {
            source: string;
        };
        /** @description The plans that ship. */
        PlanList: components["schemas"]["PlanShape"][];
        PlanShape: {
            slug: string;
            title: string;
            families: string[];
            description: string;
            tags: string[];
            time: string;
            refresh: string;
        } & {
            [key: string]: unknown;
        };
        PlanVerdict: {
            ok: boolean;
            problems: components["schemas"]["ProblemShape"][];
            /** @default null */
            plans?: components["schemas"]["PlanShape"][] | null;
        } & {
            [key: string]: unknown;
        };
        GeneratedAnswer: {
            spec_hash: string;
            warnings: string[];
            dashboards: components["schemas"]["GeneratedShape"][];
        } & {
            [key: string]: unknown;
        };
        GeneratedShape: {
            slug: string;
            uid: string;
            title: string;
            panel_count: number;
            document: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /** @description What to generate from; without `spec` the shipped one is taken, without `plan` the shipped plans it feeds. */
        JobBody: {
            /** @default null */
            spec?: string | null;
            /** @default null */
            plan?: string | null;
            only?: string[];
            /** @default false */
            dense?: boolean;
        };
        /** @description Slugs by what became of them; `left` are provisioned ones that this job does not make. */
        ProvisionAnswer: {
            spec_hash: string;
            warnings: string[];
            created: string[];
            changed: string[];
            unchanged: string[];
            withdrawn: string[];
            left: string[];
            documents: components["schemas"]["ProvidedShape"][];
        } & {
            [key: string]: unknown;
        };
        ProvidedShape: {
            uid: string;
            slug: string;
            title: string;
            state: string;
            /** @default null */
            reason?: string | null;
            version: string;
            folder: string;
        } & {
            [key: string]: unknown;
        };
        ProvisionBody: {
            /** @default null */
            spec?: string | null;
            /** @default null */
            plan?: string | null;
            only?: string[];
            /** @default false */
            dense?: boolean;
            /**
             * @description Grafana folder; a document's folder never changes.
             * @default Generated
             */
            folder?: string;
            /**
             * @description Withdraw provisioned dashboards that this job does not make.
             * @default false
             */
            prune?: boolean;
        };
        /** @description Dashboards in the wanted set, in order of their slugs. */
        ProvidedList: components["schemas"]["ProvidedShape"][];
        DriftAnswer: {
            drift: boolean;
            tokens: string[];
            details: components["schemas"]["DriftShape"][];
            warnings: string[];
        } & {
            [key: string]: unknown;
        };
        DriftShape: {
            slug: string;
            changed_titles: string[];
            added_titles: string[];
            removed_titles: string[];
        } & {
            [key: string]: unknown;
        };
        /** @description `dashboards` by slug are compared; without it, those that are provisioned. */
        VerifyBody: {
            /** @default null */
            dashboards?: Record<string, never> | null;
            /** @default null */
            spec?: string | null;
            /** @default null */
            plan?: string | null;
            only?: string[];
            /** @default false */
            dense?: boolean;
        };
        /** @description Generated panels. */
        EntryList: components["schemas"]["EntryShape"][];
        EntryShape: {
            slug: string;
            title: string;
            metric: string;
            source: string;
            panel_uuid: string;
        } & {
            [key: string]: unknown;
        };
        DiffAnswer: {
            added: components["schemas"]["EntryShape"][];
            removed: components["schemas"]["EntryShape"][];
            renamed: components["schemas"]["RenamedShape"][];
        } & {
            [key: string]: unknown;
        };
        RenamedShape: {
            panel_uuid: string;
            old_title: string;
            new_title: string;
            slug: string;
            /** @default null */
            inferred?: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /** @description Two inventories as they were exported, CSV or JSON lines. */
        DiffBody: {
            previous: string;
            current: string;
        };
        CoverageAnswer: {
            complete: boolean;
            metrics_without_panel: string[];
            panels_without_metric: string[];
        } & {
            [key: string]: unknown;
        };
        /** @description `dashboards` by slug are looked at; without it, those that are provisioned. */
        CoverageBody: {
            /** @default null */
            dashboards?: Record<string, never> | null;
            /** @default null */
            spec?: string | null;
        };
        RulesBody: {
            /** @default null */
            spec?: string | null;
        };
        /** @description The packs that ship. */
        PackList: components["schemas"]["PackShape"][];
        PackChanges: {
            add: string[];
            change: string[];
            remove: string[];
            keep: string[];
        } & {
            [key: string]: unknown;
        };
        PackShape: {
            name: string;
            title: string;
            description: string;
            folder: string;
            version: string;
            /** @enum {string} */
            state: "not installed" | "installed" | "upgradable";
            changes: components["schemas"]["PackChanges"];
            documents: components["schemas"]["ProvidedShape"][];
        } & {
            [key: string]: unknown;
        };
        /** @description What the next pass would do. */
        PlanAnswer: {
            steps: components["schemas"]["PlanStep"][];
            held: components["schemas"]["PlanStep"][];
            unchanged: number;
            documents: number;
        } & {
            [key: string]: unknown;
        };
        PlanStep: {
            uid: string;
            title: string;
            file: string;
        } & {
            [key: string]: unknown;
        };
        /** @description Prometheus' http_sd format. */
        TargetList: components["schemas"]["TargetGroup"][];
        TargetGroup: {
            targets: string[];
            labels: {
                [key: string]: string;
            };
        };
        Me: {
            name: string;
            role: string;
            scopes: string[];
        } & {
            [key: string]: unknown;
        };
        /** @description All API tokens, newest first. */
        TokenList: components["schemas"]["TokenShape"][];
        TokenShape: {
            id: string;
            name: string;
            role: string;
            scopes: string[];
            created_by: string;
            created_at: string;
            /** @default null */
            expires_at?: string | null;
            /** @default null */
            last_used_at?: string | null;
            /** @default null */
            revoked_at?: string | null;
        } & {
            [key: string]: unknown;
        };
        NewTokenAnswer: {
            id: string;
            name: string;
            role: string;
            scopes: string[];
            created_by: string;
            created_at: string;
            /** @default null */
            expires_at?: string | null;
            /** @default null */
            last_used_at?: string | null;
            /** @default null */
            revoked_at?: string | null;
            /** @description The token itself; it is shown this once. */
            token: string;
        } & {
            [key: string]: unknown;
        };
        NewToken: {
            name: string;
            /**
             * @default editor
             * @enum {string}
             */
            role?: "viewer" | "editor" | "admin";
            scopes?: string[];
            /** @default null */
            expires_at?: string | null;
        };
        /** @description Everybody who may sign in, by name. */
        UserList: components["schemas"]["UserShape"][];
        /** @description A person, never with the password or its hash. */
        UserShape: {
            name: string;
            role: string;
            disabled: boolean;
            /** @default null */
            created_at?: string | null;
            /** @default null */
            last_seen_at?: string | null;
        } & {
            [key: string]: unknown;
        };
        /** @description A person to be added. */
        NewUser: {
            name: string;
            /**
             * @default viewer
             * @enum {string}
             */
            role?: "viewer" | "editor" | "admin";
            /** Format: password */
            password: string;
        };
        /** @description What is left out stays. Whatever is changed ends the person's sessions. */
        UserEdit: {
            /** @default null */
            role?: ("viewer" | "editor" | "admin") | null;
            /** @default null */
            disabled?: boolean | null;
            /** @default null */
            password?: string | null;
        };
        /** @description A new password for oneself. */
        OwnPassword: {
            /** Format: password */
            old_password: string;
            /** Format: password */
            password: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_devices: {
        parameters: {
            query?: {
                page?: number;
                per_page?: number;
                state?: ("active" | "stale" | "retired") | null;
                kind?: string | null;
                /** @description Part of the id or the hostname. */
                search?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceList"];
                };
            };
        };
    };
    get_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
        };
    };
    put_device: {
        parameters: {
            query?: {
                /** @description Block until the link is live, at most so long (`10s`, up to 30s); 202 when it is not by then. */
                wait?: string | null;
            };
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
        };
    };
    retire_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    edit_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeviceEdit"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
        };
    };
    put_devices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Batch"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
        };
    };
    heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatAnswer"];
                };
            };
        };
    };
    revive_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
        };
    };
    get_dashboard: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                device_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceDashboards"];
                };
            };
        };
    };
    list_links: {
        parameters: {
            query?: {
                page?: number;
                per_page?: number;
                device?: string | null;
                document?: string | null;
                state?: ("pending" | "live" | "paused" | "not_yet" | "expired" | "revoked") | null;
                /** @description Part of the label, note, slug, device or title. */
                search?: string | null;
                /** @description Only links that are not over and that nobody opened for so many days. */
                unused_days?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkList"];
                };
            };
        };
    };
    create_link: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLink"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkAnswer"];
                };
            };
        };
    };
    get_switch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switch"];
                };
            };
        };
    };
    turn_links_off: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switch"];
                };
            };
        };
    };
    turn_links_on: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switch"];
                };
            };
        };
    };
    get_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkAnswer"];
                };
            };
        };
    };
    revoke_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    edit_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkEditBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkAnswer"];
                };
            };
        };
    };
    pause_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkAnswer"];
                };
            };
        };
    };
    resume_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkAnswer"];
                };
            };
        };
    };
    rotate_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkAnswer"];
                };
            };
        };
    };
    get_ledger: {
        parameters: {
            query?: {
                /** @description How many days back, today included. */
                days?: number;
            };
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LedgerAnswer"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                page?: number;
                per_page?: number;
                /** @description An object's id. */
                object?: string | null;
                /** @description E.g. `link`, `device`. */
                kind?: string | null;
                actor?: string | null;
                /** @description An action such as `link.pause`, or the beginning of its name and `*`. */
                action?: string | null;
                /** @description RFC 3339; actions at this time included. */
                since?: string | null;
                /** @description RFC 3339; actions at this time not included. */
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
        };
    };
    list_templates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateList"];
                };
            };
        };
    };
    get_template: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateAnswer"];
                };
            };
        };
    };
    check_template: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateSource"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateVerdict"];
                };
            };
        };
    };
    plan_template: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateSource"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplatePlan"];
                };
            };
        };
    };
    render_template: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenderRequest"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentAnswer"];
                };
            };
        };
    };
    list_specs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpecList"];
                };
            };
        };
    };
    get_spec: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpecAnswer"];
                };
            };
        };
    };
    check_spec: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SpecVerdict"];
                };
            };
        };
    };
    get_spec_schema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    list_plans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
        };
    };
    check_plans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanVerdict"];
                };
            };
        };
    };
    generate_dashboards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GeneratedAnswer"];
                };
            };
        };
    };
    provision_dashboards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProvisionBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProvisionAnswer"];
                };
            };
        };
    };
    list_generated: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProvidedList"];
                };
            };
        };
    };
    withdraw_generated: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    verify_dashboards: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DriftAnswer"];
                };
            };
        };
    };
    get_inventory: {
        parameters: {
            query?: {
                format?: "json" | "csv" | "jsonl";
                /** @description Only panels of these sources, separated by commas. */
                source?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryList"];
                    "text/csv": string;
                    "application/x-ndjson": string;
                };
            };
        };
    };
    compare_inventories: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiffBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiffAnswer"];
                };
            };
        };
    };
    get_coverage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CoverageBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CoverageAnswer"];
                };
            };
        };
    };
    get_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": Record<string, never>;
                };
            };
        };
    };
    discover_metrics: {
        parameters: {
            query?: {
                /** @description Only metrics whose name begins with one of these, separated by commas. */
                match?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": Record<string, never>;
                };
            };
        };
    };
    list_packs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackList"];
                };
            };
        };
    };
    get_pack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackShape"];
                };
            };
        };
    };
    install_pack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackShape"];
                };
            };
        };
    };
    remove_pack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    get_plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanAnswer"];
                };
            };
        };
    };
    list_targets: {
        parameters: {
            query?: {
                kind?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetList"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewTokenAnswer"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    list_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
        };
    };
    create_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserShape"];
                };
            };
        };
    };
    remove_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    edit_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserEdit"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserShape"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnPassword"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
}
