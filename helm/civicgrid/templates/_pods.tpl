{{/*
The fields every pod shares. Takes (dict "root" $ "serviceAccount" NAME), and "files" true for pods
that read and write attachments, "identity" true for those that speak to identity providers.
enableServiceLinks is off for a reason: a Service named "civicgrid" would set CIVICGRID_PORT=tcp://... in every pod.
*/}}
{{- define "civicgrid.podFields" -}}
serviceAccountName: {{ .serviceAccount }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .root.Values.runAsUser | int64 }}
  runAsGroup: {{ .root.Values.runAsUser | int64 }}
  fsGroup: {{ .root.Values.runAsUser | int64 }}
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir:
      # Uploads wait here until they are whole.
      sizeLimit: 1Gi
  {{- if and .files .root.Values.files.existingClaim }}
  - name: files
    persistentVolumeClaim:
      claimName: {{ .root.Values.files.existingClaim }}
  {{- end }}
  {{- if and .identity .root.Values.identity.existingSecret }}
  - name: identity
    secret:
      secretName: {{ .root.Values.identity.existingSecret }}
      defaultMode: 0440
  {{- end }}
  {{- with .root.Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The fields every container shares. Takes the root. */}}
{{- define "civicgrid.containerFields" -}}
image: {{ include "civicgrid.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Where attachments lie, as CIVICGRID_FILES says it. Takes the root. */}}
{{- define "civicgrid.files" -}}
{{- if and .Values.files.url .Values.files.existingClaim -}}
{{- fail "files.url and files.existingClaim exclude each other" -}}
{{- end -}}
{{- if .Values.files.existingClaim -}}file:///var/lib/civicgrid/files{{- else -}}{{ .Values.files.url }}{{- end -}}
{{- end -}}

{{/* The mount of the shared volume, after the mounts of containerFields. Takes the root. */}}
{{- define "civicgrid.filesMount" -}}
{{- if .Values.files.existingClaim -}}
- name: files
  mountPath: /var/lib/civicgrid/files
{{- end -}}
{{- end -}}

{{/* The mount of the secrets of identity providers, after the mounts of containerFields. Takes the root. */}}
{{- define "civicgrid.identityMount" -}}
{{- if .Values.identity.existingSecret -}}
- name: identity
  mountPath: /etc/civicgrid/identity
  readOnly: true
{{- end -}}
{{- end -}}

{{/* Soft: pods of one component prefer different nodes. Takes (dict "root" $ "component" "web"). */}}
{{- define "civicgrid.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "civicgrid.selector" . | nindent 8 }}
{{- end -}}

{{/* One variable taken from a Secret. Takes (dict "variable" V "secret" NAME "key" KEY). */}}
{{- define "civicgrid.secretVariable" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* What web and worker need: never the owner of the tables, who stands above row security. Takes the root. */}}
{{- define "civicgrid.runtimeEnvironment" -}}
{{- $secret := .Values.existingSecret -}}
{{- $keys := .Values.secretKeys -}}
envFrom:
  - configMapRef:
      name: {{ include "civicgrid.fullname" . }}
env:
  {{- include "civicgrid.secretVariable" (dict "variable" "DATABASE_URL" "secret" $secret "key" $keys.databaseUrl) | nindent 2 }}
  {{- include "civicgrid.secretVariable" (dict "variable" "CIVICGRID_OPERATOR_DATABASE_URL" "secret" $secret "key" $keys.operatorDatabaseUrl) | nindent 2 }}
  {{- include "civicgrid.secretVariable" (dict "variable" "REDIS_URL" "secret" $secret "key" $keys.redisUrl) | nindent 2 }}
  {{- include "civicgrid.secretVariable" (dict "variable" "CIVICGRID_SECRET" "secret" $secret "key" $keys.secret) | nindent 2 }}
  {{- if .Values.files.keysInSecret }}
  {{- include "civicgrid.secretVariable" (dict "variable" "CIVICGRID_FILES_ACCESS_KEY_ID" "secret" $secret "key" $keys.filesAccessKeyId) | nindent 2 }}
  {{- include "civicgrid.secretVariable" (dict "variable" "CIVICGRID_FILES_SECRET_ACCESS_KEY" "secret" $secret "key" $keys.filesSecretAccessKey) | nindent 2 }}
  {{- end }}
  {{- if .Values.phones.webhookUrl }}
  {{- include "civicgrid.secretVariable" (dict "variable" "CIVICGRID_PHONE_WEBHOOK_SECRET" "secret" $secret "key" $keys.phoneWebhookSecret) | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A changed ConfigMap rolls the pods. Takes the root. */}}
{{- define "civicgrid.podAnnotations" -}}
checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
