// Made by `npm run schema` from the User API's OpenAPI document.

export interface paths {
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer 503 while this process should be sent no calls: it is full, stops, or has no database */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer 503 while this process should be sent nothing: it stops, or has no database */
        get: operations["requests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answer while the event loop turns */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the public keys of this API's access tokens */
        get: operations["jwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/signup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open an account and sign in
         * @description A link to confirm the address is mailed to it.
         */
        post: operations["authSignUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a session, or ask for the second factor of an account that has one */
        post: operations["authLogIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/login/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start the session that `login` asked a second factor for */
        post: operations["authLogInSecondFactor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/passkey/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a passkey of whoever comes, to log in without a password
         * @description The body is not read.
         */
        post: operations["authPasskeyOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/passkey/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a session with a passkey alone, which is two factors at once; see `passkey/options` */
        post: operations["authLogInPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchange a refresh token for new tokens */
        post: operations["authRefresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End this session, or with {"everywhere": true} every one of this user */
        post: operations["authLogOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the password
         * @description Every other session ends; this one goes on.
         */
        post: operations["authChangePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mail a link to choose a new password
         * @description The answer is the same whether there is such an account or not.
         */
        post: operations["authForgotPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace a forgotten password with the token of a mailed link, which works once
         * @description Every session ends.
         */
        post: operations["authResetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mail a link to another address, which becomes the account's once that is followed */
        post: operations["authChangeEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm an address with the token of a mailed link, which works once
         * @description A changed one counts from now on.
         */
        post: operations["authVerifyEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/auth/email/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mail another link to confirm the address, unless that is done
         * @description The body is not read.
         */
        post: operations["authResendVerification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the user */
        get: operations["me"];
        put?: never;
        post?: never;
        /**
         * Delete the account and everything of it
         * @description Every session and every call ends first.
         */
        delete: operations["meDelete"];
        options?: never;
        head?: never;
        /**
         * Change the name
         * @description A store's slug stays: others have links with it.
         */
        patch: operations["meRename"];
        trace?: never;
    };
    "/user/me/second-factors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show which second factors are set up */
        get: operations["meShow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove again who you are, which adding and removing second factors needs: good for five minutes
         * @description With a second factor set up the answer is a challenge, as it is for a login; see `proof/second-factor`.
         */
        post: operations["meProve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/proof/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Finish proving who you are */
        post: operations["meProveSecondFactor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the secret of an authenticator app
         * @description It counts once a code of it is sent to `totp/confirm`, within 15 minutes. The body is not read.
         */
        post: operations["meEnrolTotp"];
        /** Forget the authenticator app; with the last factor the recovery codes go, too */
        delete: operations["meRemoveTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the authenticator app count, from the next login on */
        post: operations["meConfirmTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the recovery codes; older ones are worth nothing from now on
         * @description The body is not read.
         */
        post: operations["meRenewRecoveryCodes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/passkey-options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask an authenticator for a new passkey
         * @description The body is not read.
         */
        post: operations["mePasskeyRegistrationOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep the new passkey
         * @description It counts from the next login on.
         */
        post: operations["meRegisterPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget a passkey; with the last factor the recovery codes go, too */
        delete: operations["meRemovePasskey"];
        options?: never;
        head?: never;
        /** Name a passkey anew */
        patch: operations["meRenamePasskey"];
        trace?: never;
    };
    "/user/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the live sessions of one's own account, the one used last first */
        get: operations["sessionsShow"];
        put?: never;
        post?: never;
        /** End every session of one's own account but this one */
        delete: operations["sessionsEndOthers"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of one's own sessions, and what hangs on it */
        delete: operations["sessionsEnd"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened to one's own account, newest first
         * @description It is kept for 180 days.
         */
        get: operations["auditPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Download everything that is kept about oneself */
        get: operations["meExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/voice/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a user talk to an assistant of a store */
        post: operations["voiceStart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/voice/ws": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open the socket
         * @description With `?token=` from `start`, or with `Authorization: Bearer` and, for users, `?store=`. Only a request that asks
         *     for the upgrade spends its ticket. With `&resume=` from the newest message `resume-token` besides, it goes on
         *     with the conversation that lost its network or its process, in whichever process that was.
         */
        get: operations["voiceConnect"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/voice/offer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Call with `?token=` from `start`, or change a call
         * @description With `&resume=` from the newest message `resume-token` besides, a new call goes on with the conversation that
         *     lost its network or its process, in whichever process that was.
         */
        post: operations["voiceOffer"];
        delete?: never;
        options?: never;
        head?: never;
        /** Take more addresses of the client's, on the same URL */
        patch: operations["voiceTrickle"];
        trace?: never;
    };
    "/user/stores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the stores that one can talk to */
        get: operations["storesPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/stores/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show a store: who answers, what they can do, and when it is open */
        get: operations["storesShow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List or search one's own conversations, newest first */
        get: operations["conversationsSearch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show one conversation with its turns */
        get: operations["conversationsShow"];
        put?: never;
        post?: never;
        /**
         * Delete a conversation that is over, with its recording, for good
         * @description A store deletes all of it. A user deletes what was said, the recording and who it was; the store keeps that
         *     there was a call, when, and how it ended, and the messages that it was left.
         */
        delete: operations["conversationsDelete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/user/conversations/{id}/recording": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Listen to a conversation that was recorded: Opus in Ogg, the caller on the left
         * @description Ranges (RFC 9110, section 14) are answered.
         */
        get: operations["conversationsRecording"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/outbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the mails that this server would have sent, newest first */
        get: operations["outbox"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Give the OpenAPI document of this API */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the OpenAPI document as a page */
        get: operations["docs"];
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
        /** @description Every refusal: the code is for programs and stable, the message for people. */
        Problem: {
            error: {
                code: string;
                message: string;
            };
        };
        /**
         * Accepted
         * @description A mail will arrive if all is as it should be.
         */
        Accepted: {
            /** @default accepted */
            status: string;
        };
        /**
         * AccountDeletion
         * @description The password: deleting cannot be undone.
         */
        AccountDeletion: {
            /** Format: password */
            password: string;
        };
        /**
         * AnsweredBy
         * @description Where an answer came from: the store's own facts, word for word, or the language model.
         * @enum {string}
         */
        AnsweredBy: "grounded" | "model";
        /**
         * Assertion
         * @description The answer of `navigator.credentials.get()`.
         */
        Assertion: {
            id: string;
            rawId: string;
            response: components["schemas"]["AssertionResponse"];
            /** @constant */
            type: "public-key";
        };
        /**
         * AssertionResponse
         * @description What the authenticator signed.
         */
        AssertionResponse: {
            clientDataJSON: string;
            authenticatorData: string;
            signature: string;
            /** @default null */
            userHandle: string | null;
        };
        /**
         * AssistantListed
         * @description Somebody to talk to at a store; `slug` goes into `voice/start`, and the default one is who answers without.
         */
        AssistantListed: {
            slug: string;
            name: string;
            default: boolean;
            language: string;
            can: components["schemas"]["Tool"][];
        };
        /**
         * Attestation
         * @description The answer of `navigator.credentials.create()`.
         */
        Attestation: {
            id: string;
            rawId: string;
            response: components["schemas"]["AttestationResponse"];
            /** @constant */
            type: "public-key";
        };
        /**
         * AttestationResponse
         * @description What the authenticator made; `transports` are ways to reach it.
         */
        AttestationResponse: {
            clientDataJSON: string;
            attestationObject: string;
            transports?: string[];
        };
        /**
         * AuditEvent
         * @description What happened, from where, and how it came out; `about` has a few facts that depend on the event.
         */
        AuditEvent: {
            /** Format: uuid */
            id: string;
            /** Format: date-time */
            at: string;
            event: string;
            outcome: components["schemas"]["Outcome"];
            session_id: string | null;
            user_agent: string;
            address: string;
            about: {
                [key: string]: string | number | boolean;
            };
        };
        /**
         * AuditPage
         * @description A part of the list, newest first; `next_before` is null at its end.
         */
        AuditPage: {
            events: components["schemas"]["AuditEvent"][];
            next_before: string | null;
        };
        /**
         * AuthenticatorSelection
         * @description A key that can be found without a name is liked better, since it can log in without a password.
         */
        AuthenticatorSelection: {
            /**
             * @default preferred
             * @constant
             */
            residentKey: "preferred";
            /**
             * @default preferred
             * @constant
             */
            userVerification: "preferred";
        };
        /**
         * Basis
         * @description What an answer stood on.
         *
         *     The store's own words are quoted for HOURS, PRICE and ENTRY; SMALL_TALK needs none, and UNKNOWN says so; TOOL is
         *     a step of something that the assistant does, such as taking a message. The model
         *     answered with FACTS of the store's before it, or with NOTHING.
         * @enum {string}
         */
        Basis: "hours" | "price" | "entry" | "small_talk" | "unknown" | "tool" | "facts" | "nothing";
        /**
         * Candidate
         * @description One of the client's addresses, in the words of a browser's RTCIceCandidate; empty at their end.
         */
        Candidate: {
            candidate: string;
            /** @default null */
            sdp_mid: string | null;
            /** @default null */
            sdp_mline_index: number | null;
        };
        /**
         * Candidates
         * @description What the client has found out about its addresses since its offer.
         */
        Candidates: {
            pc_id: string;
            candidates: components["schemas"]["Candidate"][];
        };
        /**
         * ConversationPage
         * @description A part of the list, newest first; `next_before` is null at its end.
         */
        ConversationPage: {
            conversations: components["schemas"]["ConversationShown"][];
            next_before: string | null;
        };
        /**
         * ConversationShown
         * @description One conversation; `ended_at` and `end_reason` are null while it is live.
         *
         *     `summary` and `outcome` are what came of it: null until a moment after its end. Users read "You said …" where stores
         *     read "The caller said …". Null as long are, for the store alone, the `fields` of its assistant; `fields_missing`
         *     says why all are null: `no_model`, `model_failed` or `nothing_said`.
         *     `assistant_version` is null for a draft that the store tried. `caller_number` is the number at the other end of a
         *     telephone call, E.164; null for every other call, and when it was withheld.
         */
        ConversationShown: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            store_id: string;
            store_slug: string;
            store_name: string;
            /** Format: uuid */
            assistant_id: string;
            assistant_version: number | null;
            user_id: string | null;
            channel: string;
            direction: components["schemas"]["Direction"];
            caller_number: string | null;
            /** Format: date-time */
            started_at: string;
            ended_at: string | null;
            end_reason: string | null;
            summary: string | null;
            outcome: string | null;
            fields: {
                [key: string]: string | number | boolean | null;
            } | null;
            fields_missing: string | null;
        };
        /**
         * ConversationWithTurns
         * @description One conversation, word for word, and what the assistant did with its tools.
         */
        ConversationWithTurns: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            store_id: string;
            store_slug: string;
            store_name: string;
            /** Format: uuid */
            assistant_id: string;
            assistant_version: number | null;
            user_id: string | null;
            channel: string;
            direction: components["schemas"]["Direction"];
            caller_number: string | null;
            /** Format: date-time */
            started_at: string;
            ended_at: string | null;
            end_reason: string | null;
            summary: string | null;
            outcome: string | null;
            fields: {
                [key: string]: string | number | boolean | null;
            } | null;
            fields_missing: string | null;
            turns: components["schemas"]["TurnShown"][];
            tool_calls: components["schemas"]["ToolCallShown"][];
        };
        /**
         * CreationOptions
         * @description For `navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(…)})`.
         */
        CreationOptions: {
            rp: components["schemas"]["RelyingPartyEntity"];
            user: components["schemas"]["UserEntity"];
            challenge: string;
            pubKeyCredParams: components["schemas"]["Parameters"][];
            /** @default 300000 */
            timeout: number;
            excludeCredentials: components["schemas"]["Descriptor"][];
            /**
             * @default {
             *       "residentKey": "preferred",
             *       "userVerification": "preferred"
             *     }
             */
            authenticatorSelection: components["schemas"]["AuthenticatorSelection"];
            /**
             * @default none
             * @constant
             */
            attestation: "none";
        };
        /**
         * DayShown
         * @description The hours of a day of the week; none when the store is closed.
         */
        DayShown: {
            weekday: string;
            hours: components["schemas"]["OpenFrom"][];
        };
        /**
         * Descriptor
         * @description A passkey, to be used or left out.
         */
        Descriptor: {
            /**
             * @default public-key
             * @constant
             */
            type: "public-key";
            id: string;
            transports: string[];
        };
        /**
         * Direction
         * @description Who called: somebody the store's assistant, or the assistant somebody.
         * @enum {string}
         */
        Direction: "inbound" | "outbound";
        /**
         * EmailChange
         * @description The address that shall be the account's, and the password.
         */
        EmailChange: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
        };
        /**
         * EmailVerification
         * @description The token of the mailed link.
         */
        EmailVerification: {
            /** Format: password */
            token: string;
        };
        /**
         * ForgottenPassword
         * @description The address of the account whose password was forgotten.
         */
        ForgottenPassword: {
            /** Format: email */
            email: string;
        };
        /**
         * Health
         * @description The process is alive.
         */
        Health: {
            /**
             * @default ok
             * @constant
             */
            status: "ok";
        };
        /**
         * IceConfig
         * @description How the two sides may find each other.
         */
        IceConfig: {
            iceServers: components["schemas"]["IceServer"][];
        };
        /**
         * IceServer
         * @description One entry of an RTCConfiguration's `iceServers`; TURN needs the last two.
         */
        IceServer: {
            urls: string[];
            /** @default null */
            username: string | null;
            /** @default null */
            credential: string | null;
        };
        JsonValue: unknown;
        /**
         * LogIn
         * @description The rules for new passwords do not apply: an old password may be older than they are.
         */
        LogIn: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
        };
        /**
         * LogOut
         * @description Which of one's own sessions to end: this one, or every one.
         */
        LogOut: {
            /** @default false */
            everywhere: boolean;
        };
        /**
         * Method
         * @description A way to give a second factor.
         * @enum {string}
         */
        Method: "totp" | "passkey" | "recovery_code";
        /**
         * NewRecoveryCodes
         * @description Shown only now.
         */
        NewRecoveryCodes: {
            recovery_codes: string[];
        };
        /**
         * OfferTo
         * @description Where the offer goes; the ticket in it admits one call, within 30 s.
         */
        OfferTo: {
            endpoint: string;
        };
        /**
         * OpenFrom
         * @description When the doors open and close, in the store's own time.
         */
        OpenFrom: {
            /** Format: time-local */
            opens: string;
            /** Format: time-local */
            closes: string;
        };
        /**
         * Outcome
         * @description Whether it was done, or refused.
         * @enum {string}
         */
        Outcome: "ok" | "refused";
        /**
         * Parameters
         * @description A signature algorithm that we verify, by its COSE number.
         */
        Parameters: {
            /**
             * @default public-key
             * @constant
             */
            type: "public-key";
            alg: number;
        };
        /**
         * PasskeyAnswer
         * @description What a passkey made of the options that came with the challenge.
         */
        PasskeyAnswer: {
            challenge: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            method: "passkey";
            credential: components["schemas"]["Assertion"];
        };
        /**
         * PasskeyLogIn
         * @description What a passkey made of the options; the challenge is within.
         */
        PasskeyLogIn: {
            credential: components["schemas"]["Assertion"];
        };
        /**
         * PasskeyOptions
         * @description What the browser is asked with, to log in.
         */
        PasskeyOptions: {
            public_key: components["schemas"]["RequestOptions"];
        };
        /**
         * PasskeyRegistered
         * @description The new passkey, and recovery codes if it is the first factor.
         */
        PasskeyRegistered: {
            recovery_codes: string[] | null;
            passkey: components["schemas"]["ShownPasskey"];
        };
        /**
         * PasskeyRegistration
         * @description What an authenticator made of the options, and the name under which it is listed.
         */
        PasskeyRegistration: {
            credential: components["schemas"]["Attestation"];
            name: string;
        };
        /**
         * PasskeyRegistrationOptions
         * @description What the browser is asked with, to make a passkey.
         */
        PasskeyRegistrationOptions: {
            public_key: components["schemas"]["CreationOptions"];
        };
        /**
         * PasskeyRenaming
         * @description The name under which a passkey is listed.
         */
        PasskeyRenaming: {
            name: string;
        };
        /**
         * Password
         * @description The password of whoever is signed in.
         */
        Password: {
            /** Format: password */
            password: string;
        };
        /**
         * PasswordChange
         * @description A new password, and the one that counts until now.
         */
        PasswordChange: {
            /** Format: password */
            current_password: string;
            /** Format: password */
            new_password: string;
        };
        /**
         * PasswordReset
         * @description A new password, and the token of the mailed link.
         */
        PasswordReset: {
            /** Format: password */
            token: string;
            /** Format: password */
            new_password: string;
        };
        /**
         * ProfileChange
         * @description What the account shall call itself.
         */
        ProfileChange: {
            name: string;
        };
        /**
         * Proved
         * @description Until when second factors can be changed.
         */
        Proved: {
            /** Format: date-time */
            proved_until: string;
        };
        /**
         * Proving
         * @description Done, or what more is wanted: the member `second_factor` tells.
         */
        Proving: components["schemas"]["Proved"] | components["schemas"]["SecondFactorWanted"];
        /**
         * PublicKey
         * @description An Ed25519 key (RFC 8037, section 2); `x` is the key, `kid` its name in a token's header.
         */
        PublicKey: {
            /**
             * @default OKP
             * @constant
             */
            kty: "OKP";
            /**
             * @default Ed25519
             * @constant
             */
            crv: "Ed25519";
            /**
             * @default sig
             * @constant
             */
            use: "sig";
            /**
             * @default EdDSA
             * @constant
             */
            alg: "EdDSA";
            kid: string;
            x: string;
        };
        /**
         * PublicKeys
         * @description Every key that verifies, and the one that will sign next.
         */
        PublicKeys: {
            keys: components["schemas"]["PublicKey"][];
        };
        /**
         * Ready
         * @description This process may be sent what was asked about.
         */
        Ready: {
            /**
             * @default ready
             * @constant
             */
            status: "ready";
        };
        /**
         * RecoveryAnswer
         * @description One of the recovery codes, however it is grouped, in either case.
         */
        RecoveryAnswer: {
            challenge: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            method: "recovery_code";
            code: string;
        };
        /**
         * Refresh
         * @description What a user's client keeps of its session.
         */
        Refresh: {
            /** Format: uuid */
            session_id: string;
            /** Format: password */
            refresh_token: string;
        };
        /**
         * RelyingPartyEntity
         * @description Who we are to the authenticator.
         */
        RelyingPartyEntity: {
            id: string;
            name: string;
        };
        /**
         * RequestOptions
         * @description For `navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(…)})`.
         *
         *     An empty `allowCredentials` means any passkey of this host.
         */
        RequestOptions: {
            challenge: string;
            rpId: string;
            /** @default 300000 */
            timeout: number;
            allowCredentials: components["schemas"]["Descriptor"][];
            /** @enum {string} */
            userVerification: "required" | "preferred";
        };
        /**
         * RoomStarted
         * @description What Pipecat's Daily transports connect with; the assistant waits in the room for 45 s.
         */
        RoomStarted: {
            dailyRoom: string;
            dailyToken: string;
        };
        /**
         * SdpAnswer
         * @description Our answer, and the id of the call.
         */
        SdpAnswer: {
            sdp: string;
            /**
             * @default answer
             * @constant
             */
            type: "answer";
            pc_id: string;
        };
        /**
         * SdpOffer
         * @description The client's offer: the first without `pc_id`, later ones with it.
         *
         *     `restart_pc` says that the client has begun anew with another peer connection.
         */
        SdpOffer: {
            sdp: string;
            /** @constant */
            type: "offer";
            /** @default null */
            pc_id: string | null;
            /** @default false */
            restart_pc: boolean;
        };
        /**
         * SecondFactorAnswer
         * @description A second factor in one of three ways; `method` tells which.
         */
        SecondFactorAnswer: components["schemas"]["TotpAnswer"] | components["schemas"]["RecoveryAnswer"] | components["schemas"]["PasskeyAnswer"];
        /**
         * SecondFactorChallenge
         * @description Send `challenge` back with one of `methods`, until `expires_at`. `passkey` is null unless it is one of them.
         */
        SecondFactorChallenge: {
            challenge: string;
            /** Format: date-time */
            expires_at: string;
            methods: components["schemas"]["Method"][];
            passkey: components["schemas"]["RequestOptions"] | null;
        };
        /**
         * SecondFactorWanted
         * @description The password is right, and a second factor is wanted.
         */
        SecondFactorWanted: {
            second_factor: components["schemas"]["SecondFactorChallenge"];
        };
        /**
         * SecondFactorsShown
         * @description What is set up. An account without app and passkey logs in with the password alone.
         */
        SecondFactorsShown: {
            totp: components["schemas"]["ShownTotp"] | null;
            passkeys: components["schemas"]["ShownPasskey"][];
            recovery_codes_left: number;
        };
        /**
         * SessionShown
         * @description Where one is signed in; `current` is the session that asks.
         */
        SessionShown: {
            /** Format: uuid */
            id: string;
            user_agent: string;
            address: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            last_used_at: string;
            current: boolean;
        };
        /**
         * SessionsShown
         * @description The hundred that were used last.
         */
        SessionsShown: {
            sessions: components["schemas"]["SessionShown"][];
        };
        /**
         * ShownPasskey
         * @description A passkey in the list; it works on the host `rp_id`.
         */
        ShownPasskey: {
            /** Format: uuid */
            id: string;
            name: string;
            rp_id: string;
            /** Format: date-time */
            created_at: string;
            last_used_at: string | null;
        };
        /**
         * ShownTotp
         * @description The authenticator app.
         */
        ShownTotp: {
            /** Format: date-time */
            since: string;
        };
        /**
         * SignUp
         * @description A new account. What is easy to guess is refused as a password.
         */
        SignUp: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
            name: string;
        };
        /**
         * SocketStarted
         * @description Where the socket is, and the ticket that opens it once, within 30 s.
         *
         *     The JavaScript client refuses any other key, and appends `?token=` itself.
         */
        SocketStarted: {
            wsUrl: string;
            token: string;
        };
        /**
         * SourceShown
         * @description An entry of the store's knowledge, by the title that it had then; it may have changed or gone since.
         */
        SourceShown: {
            /** Format: uuid */
            entry_id: string;
            title: string;
        };
        /**
         * Speaker
         * @description Whose turn it was.
         * @enum {string}
         */
        Speaker: "caller" | "assistant" | "staff";
        /**
         * SpecialDaysShown
         * @description Days, both included, with other hours than the week's; none when the store is closed.
         */
        SpecialDaysShown: {
            /** Format: date */
            first: string;
            /** Format: date */
            last: string;
            name: string;
            hours: components["schemas"]["OpenFrom"][];
        };
        /**
         * Start
         * @description Which store a user wants to talk to, and how.
         *
         *     Without `assistant`, the store's default one answers. Who wants back into their conversation sets `resume`.
         *     A websocket client that plays all audio at one rate, whatever the frames say, names that rate: the JavaScript
         *     client plays at 24,000.
         */
        Start: {
            /** @default null */
            assistant: string | null;
            /** @default websocket */
            transport: components["schemas"]["Transport"];
            /** @default false */
            resume: boolean;
            /** @default null */
            playback_rate_hz: (8000 | 16000 | 24000 | 48000) | null;
            /** @example marlow-garden */
            store: string;
        };
        /**
         * Started
         * @description The answer for the transport that was asked for.
         */
        Started: components["schemas"]["SocketStarted"] | components["schemas"]["WebRtcStarted"] | components["schemas"]["RoomStarted"];
        /**
         * StoreList
         * @description A part of the list, by slug; `next_after` is null at its end.
         */
        StoreList: {
            stores: components["schemas"]["StoreListed"][];
            next_after: string | null;
        };
        /**
         * StoreListed
         * @description A store that users may talk to.
         */
        StoreListed: {
            slug: string;
            name: string;
            assistant: string;
            open: boolean;
        };
        /**
         * StorePage
         * @description A store, who answers there, and when it is open: the week, and what differs from it in the next sixty days.
         */
        StorePage: {
            slug: string;
            name: string;
            open: boolean;
            next_opening: string | null;
            time_zone: string;
            hours: components["schemas"]["DayShown"][];
            holidays: components["schemas"]["SpecialDaysShown"][];
            assistants: components["schemas"]["AssistantListed"][];
        };
        /**
         * Tokens
         * @description What a user's client keeps, in its platform's secure storage.
         */
        Tokens: {
            access_token: string;
            refresh_token: string;
            /** Format: uuid */
            session_id: string;
        };
        /**
         * Tool
         * @description What an assistant may be allowed to do.
         * @enum {string}
         */
        Tool: "lookup_knowledge" | "opening_hours" | "take_message" | "transfer_call" | "end_conversation";
        /**
         * ToolCallShown
         * @description What the assistant did with a tool. `answer` is what came of it, or what went wrong.
         */
        ToolCallShown: {
            name: string;
            arguments: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            answer: string;
            outcome: components["schemas"]["ToolOutcome"];
            /** Format: date-time */
            started_at: string;
            duration_ms: number;
        };
        /**
         * ToolOutcome
         * @description How a call of a tool ended.
         *
         *     INVALID: the arguments did not fit, and nothing was done. REFUSED: no request may go to that address. CANCELLED: the
         *     caller spoke before there was an answer.
         * @enum {string}
         */
        ToolOutcome: "ok" | "failed" | "timed_out" | "invalid" | "refused" | "cancelled";
        /**
         * TotpAnswer
         * @description A code of the authenticator app.
         */
        TotpAnswer: {
            code: string;
            challenge: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            method: "totp";
        };
        /**
         * TotpCode
         * @description What the authenticator app shows.
         */
        TotpCode: {
            code: string;
        };
        /**
         * TotpConfirmed
         * @description Recovery codes, shown only now, come with the first factor; null when there are some already.
         */
        TotpConfirmed: {
            recovery_codes: string[] | null;
        };
        /**
         * TotpEnrolment
         * @description For the authenticator app: `uri` as a QR code, or `secret` typed in. Shown only now.
         */
        TotpEnrolment: {
            secret: string;
            uri: string;
        };
        /**
         * Transport
         * @description How the caller wants to be connected.
         * @enum {string}
         */
        Transport: "websocket" | "webrtc" | "daily";
        /**
         * TurnShown
         * @description What was understood of the caller or of the store's staff, or heard of the assistant.
         *
         *     `unheard` is what it had ready when interrupted. `whispered`: staff told it to the assistant; the caller neither
         *     heard it nor sees it here.
         *     `audio_start_ms` and `audio_end_ms` say where it is in the recording; null for what was typed.
         *     `latency_ms` counts, for each stage of an answer, from the end of the caller's speech. `basis` says what an answer
         *     stood on, and `sources` which entries: quoted, or put before the language model (`facts`; `nothing` if none were).
         */
        TurnShown: {
            position: number;
            speaker: components["schemas"]["Speaker"];
            text: string;
            /** Format: date-time */
            started_at: string;
            /** Format: date-time */
            ended_at: string;
            interrupted: boolean;
            whispered: boolean;
            answered_by: components["schemas"]["AnsweredBy"] | null;
            latency_ms: {
                [key: string]: number | null;
            } | null;
            basis: components["schemas"]["Basis"] | null;
            sources: components["schemas"]["SourceShown"][];
            audio_start_ms: number | null;
            audio_end_ms: number | null;
            usage: components["schemas"]["UsageShown"] | null;
            unheard: string;
        };
        /**
         * UsageShown
         * @description Which providers worked for a turn, by the names of the settings, and what they counted; null: nothing.
         */
        UsageShown: {
            stt: string | null;
            speech_ms: number | null;
            llm: string | null;
            llm_model: string | null;
            input_tokens: number | null;
            output_tokens: number | null;
            tts: string | null;
            characters: number | null;
        };
        /**
         * UserEntity
         * @description Who the account is to the authenticator.
         */
        UserEntity: {
            id: string;
            name: string;
            displayName: string;
        };
        /**
         * UserExport
         * @description Everything that is kept about a user; of passwords and tokens there are hashes only, which stay here.
         */
        UserExport: {
            profile: components["schemas"]["UserProfile"];
            sessions: components["schemas"]["SessionShown"][];
            second_factors: components["schemas"]["SecondFactorsShown"];
            audit: components["schemas"]["AuditEvent"][];
            conversations: components["schemas"]["ConversationWithTurns"][];
        };
        /**
         * UserLoggedIn
         * @description Tokens, or what to do to get them: the member `second_factor` tells.
         */
        UserLoggedIn: components["schemas"]["Tokens"] | components["schemas"]["SecondFactorWanted"];
        /**
         * UserProfile
         * @description A user, as it sees itself.
         */
        UserProfile: {
            /** Format: uuid */
            id: string;
            email: string;
            email_verified: boolean;
            name: string;
            /** Format: date-time */
            created_at: string;
        };
        /**
         * WebRtcStarted
         * @description What `@pipecat-ai/small-webrtc-transport` connects with.
         *
         *     Without headers: that client takes them as an object of the browser's, which JSON cannot carry.
         */
        WebRtcStarted: {
            webrtcRequestParams: components["schemas"]["OfferTo"];
            iceConfig: components["schemas"]["IceConfig"];
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
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This process may be sent what was asked about. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    requests: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This process may be sent what was asked about. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    jwks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every key that verifies, and the one that will sign next. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicKeys"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authSignUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignUp"];
            };
        };
        responses: {
            /** @description What a user's client keeps, in its platform's secure storage. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authLogIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LogIn"];
            };
        };
        responses: {
            /** @description Tokens, or what to do to get them: the member `second_factor` tells. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserLoggedIn"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authLogInSecondFactor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondFactorAnswer"];
            };
        };
        responses: {
            /** @description What a user's client keeps, in its platform's secure storage. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authPasskeyOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the browser is asked with, to log in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyOptions"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authLogInPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyLogIn"];
            };
        };
        responses: {
            /** @description What a user's client keeps, in its platform's secure storage. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authRefresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description What a user's client keeps, in its platform's secure storage. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authLogOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["LogOut"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authChangePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authForgotPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ForgottenPassword"];
            };
        };
        responses: {
            /** @description A mail will arrive if all is as it should be. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authResetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authChangeEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailChange"];
            };
        };
        responses: {
            /** @description A mail will arrive if all is as it should be. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authVerifyEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailVerification"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    authResendVerification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A mail will arrive if all is as it should be. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A user, as it sees itself. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserProfile"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meDelete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountDeletion"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meRename: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileChange"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meShow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is set up. An account without app and passkey logs in with the password alone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorsShown"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meProve: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Password"];
            };
        };
        responses: {
            /** @description Done, or what more is wanted: the member `second_factor` tells. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proving"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meProveSecondFactor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondFactorAnswer"];
            };
        };
        responses: {
            /** @description Until when second factors can be changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proved"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meEnrolTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description For the authenticator app: `uri` as a QR code, or `secret` typed in. Shown only now. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpEnrolment"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meRemoveTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meConfirmTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpCode"];
            };
        };
        responses: {
            /** @description Recovery codes, shown only now, come with the first factor; null when there are some already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpConfirmed"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meRenewRecoveryCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Shown only now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewRecoveryCodes"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mePasskeyRegistrationOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the browser is asked with, to make a passkey. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyRegistrationOptions"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meRegisterPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyRegistration"];
            };
        };
        responses: {
            /** @description The new passkey, and recovery codes if it is the first factor. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyRegistered"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meRemovePasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meRenamePasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyRenaming"];
            };
        };
        responses: {
            /** @description A passkey in the list; it works on the host `rp_id`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownPasskey"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessionsShow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hundred that were used last. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionsShown"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessionsEndOthers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessionsEnd: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    auditPage: {
        parameters: {
            query?: {
                before?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list, newest first; `next_before` is null at its end. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    meExport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything that is kept about a user; of passwords and tokens there are hashes only, which stay here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserExport"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    voiceStart: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Start"];
            };
        };
        responses: {
            /** @description The answer for the transport that was asked for. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    voiceConnect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switching Protocols */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    voiceOffer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SdpOffer"];
            };
        };
        responses: {
            /** @description Our answer, and the id of the call. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SdpAnswer"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    voiceTrickle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Candidates"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storesPage: {
        parameters: {
            query?: {
                search?: string;
                open?: boolean;
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list, by slug; `next_after` is null at its end. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreList"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storesShow: {
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
            /** @description A store, who answers there, and when it is open: the week, and what differs from it in the next sixty days. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorePage"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversationsSearch: {
        parameters: {
            query?: {
                q?: string;
                channel?: string;
                outcome?: string;
                from?: string;
                to?: string;
                before?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A part of the list, newest first; `next_before` is null at its end. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationPage"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversationsShow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One conversation, word for word, and what the assistant did with its tools. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationWithTurns"];
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversationsDelete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    conversationsRecording: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
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
                    "audio/ogg": string;
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    outbox: {
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
                    "text/plain": string;
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
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
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    docs: {
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
                    "text/html": string;
                };
            };
            /** @description Refused. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
