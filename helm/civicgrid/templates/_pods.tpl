{{/*
The fields every pod shares. Takes (dict "root" $ "serviceAccount" NAME).
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
      sizeLimit: 128Mi
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
{{- end -}}

{{/* A changed ConfigMap rolls the pods. Takes the root. */}}
{{- define "civicgrid.podAnnotations" -}}
checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
