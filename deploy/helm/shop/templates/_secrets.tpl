{{/* What shopctl draws where nobody else keeps secrets (shopctl/src/shopctl/first_secrets.py), in the same shape, as JSON;
a test compares the two. Everything is derived from one seed, and one key cannot be. */}}

{{- define "shop.seed" -}}
{{- if .Values.secrets.seed -}}{{ .Values.secrets.seed }}
{{- else -}}{{ index (fromYaml (include "shop.kept" .)) "seed" }}
{{- end -}}
{{- end -}}

{{- define "shop.signingKey" -}}
{{- if .Values.secrets.signingKey -}}{{ .Values.secrets.signingKey }}
{{- else -}}{{ index (fromYaml (include "shop.kept" .)) "signingKey" }}
{{- end -}}
{{- end -}}

{{/* Drawn once a rendering, and kept over releases: what the Secret of before holds counts. */}}
{{- define "shop.kept" -}}
{{- if not (hasKey .Values "_kept") -}}
{{- $before := (lookup "v1" "Secret" .Release.Namespace (printf "%s-seed" .Release.Name)).data | default dict -}}
{{- $kept := dict -}}
{{- $_ := set $kept "seed" (hasKey $before "seed" | ternary (index $before "seed" | default "" | b64dec) (randAlphaNum 64)) -}}
{{- $_ := set $kept "signingKey" (hasKey $before "signingKey" | ternary (index $before "signingKey" | default "" | b64dec) (genPrivateKey "ecdsa")) -}}
{{- $_ := set .Values "_kept" $kept -}}
{{- end -}}
{{- toYaml .Values._kept -}}
{{- end -}}

{{/* One secret: root, of */}}
{{- define "shop.derived" -}}
{{- printf "%s|%s" (include "shop.seed" .root) .of | sha256sum -}}
{{- end -}}

{{- define "shop.drawn" -}}
{{- $root := . -}}
{{- $drawn := dict -}}
{{- range list "postgres" "mongo" "rabbitmq" "refresh_key" "pepper" "cart_secret" "sms_token" "seal_secret" "staff_password" -}}
{{- $_ := set $drawn . (include "shop.derived" (dict "root" $root "of" .)) -}}
{{- end -}}
{{- $_ := set $drawn "mongo_key" (printf "%s%s" (include "shop.derived" (dict "root" $root "of" "mongo_key/1")) (include "shop.derived" (dict "root" $root "of" "mongo_key/2"))) -}}
{{- $_ := set $drawn "provider_key" (printf "sk_test_%s" (include "shop.derived" (dict "root" $root "of" "provider_key") | trunc 32)) -}}
{{- $_ := set $drawn "webhook_secret" (printf "whsec_%s" (include "shop.derived" (dict "root" $root "of" "webhook_secret") | trunc 32)) -}}
{{- $kinds := dict "tables" (list "user" "product" "payment") "owners" (list "user" "product" "payment") "documents" (list "order" "notification") "messages" (list "user" "product" "order" "payment" "notification") "counters" (list "user" "order") -}}
{{- range $kind, $names := $kinds -}}
{{- $each := dict -}}
{{- range $names -}}{{- $_ := set $each . (include "shop.derived" (dict "root" $root "of" (printf "%s/%s" $kind .))) -}}{{- end -}}
{{- $_ := set $drawn $kind $each -}}
{{- end -}}
{{- toJson $drawn -}}
{{- end -}}

{{/* By which names everybody is found: as shopctl's Places. */}}
{{- define "shop.places" -}}
{{- $of := .Release.Name -}}
{{- $services := dict -}}
{{- range $name, $_ := .Values.services -}}{{- $_ := set $services $name (printf "%s-%s" $of $name) -}}{{- end -}}
{{- $simulators := dict "psp" (printf "http://%s-psp:8000" $of) "mail" (printf "http://%s-mail:8000" $of) "phone" (printf "http://%s-phone:8000" $of) "spans" (printf "http://%s-spans:4318" $of) -}}
{{- dict "postgres" (printf "%s-postgres:5432" $of) "mongo" (printf "%s-mongo:27017" $of) "rabbitmq" (printf "%s-rabbitmq:5672" $of) "management" (printf "%s-rabbitmq:15672" $of) "valkey" (printf "%s-valkey:6379" $of) "services" $services "simulators" $simulators "names" .Values.door.names | toJson -}}
{{- end -}}

{{/* Reader -> file -> text. As `files` of first_secrets. */}}
{{- define "shop.files" -}}
{{- $drawn := include "shop.drawn" . | fromJson -}}
{{- $places := include "shop.places" . | fromJson -}}
{{- $files := dict -}}
{{- range $name := list "user" "product" "order" "payment" "notification" -}}
{{- $told := dict (printf "%s_broker_url" $name) (printf "amqp://%s:%s@%s/" $name (index $drawn.messages $name) $places.rabbitmq) -}}
{{- if hasKey $drawn.tables $name -}}
{{- $_ := set $told (printf "%s_database_url" $name) (printf "postgresql+asyncpg://%s_app:%s@%s/%s" $name (index $drawn.tables $name) $places.postgres $name) -}}
{{- end -}}
{{- if hasKey $drawn.documents $name -}}
{{- $_ := set $told (printf "%s_mongo_url" $name) (printf "mongodb://%s:%s@%s/?replicaSet=rs0&authSource=%s" $name (index $drawn.documents $name) $places.mongo $name) -}}
{{- end -}}
{{- if hasKey $drawn.counters $name -}}
{{- $_ := set $told (printf "%s_redis_url" $name) (printf "redis://%s:%s@%s/0" $name (index $drawn.counters $name) $places.valkey) -}}
{{- end -}}
{{- $_ := set $files $name $told -}}
{{- end -}}
{{- $_ := merge $files.user (dict "user_refresh_key" $drawn.refresh_key "user_peppers" (printf "{\"1\": %q}" $drawn.pepper) "user_signing_key" (include "shop.signingKey" .)) -}}
{{- $_ := merge $files.order (dict "order_cart_secret" $drawn.cart_secret) -}}
{{- $_ := merge $files.payment (dict "payment_provider_key" $drawn.provider_key "payment_webhook_secret" $drawn.webhook_secret) -}}
{{- $_ := merge $files.notification (dict "notification_sms_token" $drawn.sms_token) -}}
{{- $_ := set $files "storefront" (dict "storefront_seal_secret" $drawn.seal_secret) -}}
{{- range $name := list "user" "product" "payment" -}}
{{- $owner := deepCopy (index $files $name) -}}
{{- $_ := set $owner (printf "%s_database_owner_url" $name) (printf "postgresql+asyncpg://%s_owner:%s@%s/%s" $name (index $drawn.owners $name) $places.postgres $name) -}}
{{- $_ := set $files (printf "%s-owner" $name) $owner -}}
{{- end -}}
{{- $_ := set (index $files "user-owner") "user_first_admin_password" $drawn.staff_password -}}
{{- $stores := .Values.stores -}}
{{- if $stores.postgres.enabled -}}{{- $_ := set $files "postgres" (dict "password" $drawn.postgres) -}}{{- end -}}
{{- if $stores.mongo.enabled -}}{{- $_ := set $files "mongo" (dict "password" $drawn.mongo "key" $drawn.mongo_key) -}}{{- end -}}
{{- if $stores.rabbitmq.enabled -}}{{- $_ := set $files "rabbitmq" (dict "10-operator.conf" (printf "default_user = operator\ndefault_pass = %s\n" $drawn.rabbitmq)) -}}{{- end -}}
{{- if $stores.valkey.enabled -}}
{{- $acl := list "user default off" -}}
{{- range $name := list "user" "order" -}}
{{- $acl = append $acl (printf "user %s on #%s ~* &* +@all -@admin -@dangerous +info" $name (index $drawn.counters $name | sha256sum)) -}}
{{- end -}}
{{- $_ := set $files "valkey" (dict "users.acl" (printf "%s\n" (join "\n" $acl))) -}}
{{- end -}}
{{- if .Values.simulators.enabled -}}
{{- $_ := set $files "simulators" (dict "psp_webhook_secret" $drawn.webhook_secret "psp_api_key" $drawn.provider_key "phone_token" $drawn.sms_token) -}}
{{- end -}}
{{- if .Values.door.enabled -}}
{{- $facts := dict -}}
{{- range $name, $host := $places.services -}}{{- $_ := set $facts $name (list (printf "http://%s:8001" $host)) -}}{{- end -}}
{{- $door := merge (dict "host" "0.0.0.0" "port" 8000 "facts" $facts "user" (list (printf "http://%s:8000" $places.services.user)) "staff" (dict "email" .Values.firstAdmin.email "password" $drawn.staff_password) "management_url" (printf "http://operator:%s@%s" $drawn.rabbitmq $places.management) "vhost" "%2F" "names" .Values.door.names) $places.simulators -}}
{{- $_ := set $files "door" (dict "door.json" (toJson $door)) -}}
{{- end -}}
{{- if or $stores.postgres.enabled $stores.mongo.enabled $stores.rabbitmq.enabled -}}
{{- $_ := set $files "operator" (dict "secrets.json" (toJson $drawn) "places.json" (toJson $places)) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{/* Those of them that nobody else makes. Where all are made by others, nothing is drawn and nothing kept. */}}
{{- define "shop.made" -}}
{{- $made := dict -}}
{{- range $reader, $files := include "shop.files" . | fromJson -}}
{{- if not (hasKey $.Values.secrets.existing $reader) -}}{{- $_ := set $made $reader $files -}}{{- end -}}
{{- end -}}
{{- toJson $made -}}
{{- end -}}
