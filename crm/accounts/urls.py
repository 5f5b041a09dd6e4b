"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from crm.accounts import settings_views, trail, user_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.Home.as_view(), name="home"),
    path("settings/appearance/", views.Appearance.as_view(), name="appearance"),
    path("settings/profile/", settings_views.Profile.as_view(), name="settings-profile"),
    path("settings/users/", settings_views.Users.as_view(), name="settings-users"),
    path("settings/users/<int:pk>/active/", settings_views.SwitchUser.as_view(), name="settings-user-active"),
    path("settings/users/<int:pk>/", user_views.UserPage.as_view(), name="settings-user"),
    path("settings/users/<int:pk>/roles/", user_views.GrantRole.as_view(), name="settings-user-roles"),
    path("settings/users/<int:pk>/password/", user_views.NewPassword.as_view(), name="settings-user-password"),
    path("settings/roles/<int:pk>/revoke/", user_views.RevokeRole.as_view(), name="settings-role-revoke"),
    path("settings/roles/<int:pk>/restore/", user_views.RestoreRole.as_view(), name="settings-role-restore"),
    path("settings/teams/", settings_views.Teams.as_view(), name="settings-teams"),
    path("settings/teams/<int:pk>/", settings_views.TeamPage.as_view(), name="settings-team"),
    path("settings/api-keys/", settings_views.ApiKeys.as_view(), name="settings-api-keys"),
    path("settings/api-keys/<int:pk>/revoke/", settings_views.RevokeKey.as_view(), name="settings-api-key-revoke"),
    path("settings/workspace/", settings_views.WorkspaceSettings.as_view(), name="settings-workspace"),
    path("settings/workspace/clear-sample/", settings_views.ClearSample.as_view(), name="settings-clear-sample"),
    path("settings/audit/", trail.AuditList.as_view(), name="settings-audit"),
    path("people/", views.PickPeople.as_view(), name="people-pick"),
    path("teams/", views.PickTeams.as_view(), name="teams-pick"),
    path("views/", views.SaveView.as_view(), name="saved-view-create"),
    path("views/<int:pk>/delete/", views.DeleteView.as_view(), name="saved-view-delete"),
]
