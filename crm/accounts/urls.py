"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from crm.accounts import savedview_views, settings_views, user_views, views

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
    path("people/", views.PickPeople.as_view(), name="people-pick"),
    path("teams/", views.PickTeams.as_view(), name="teams-pick"),
    path("views/", savedview_views.SaveView.as_view(), name="saved-view-create"),
    path("views/<int:pk>/change/", savedview_views.ChangeView.as_view(), name="saved-view-change"),
    path("views/<int:pk>/copy/", savedview_views.CopyView.as_view(), name="saved-view-copy"),
    path("views/<int:pk>/share/", savedview_views.ShareView.as_view(), name="saved-view-share"),
    path("views/<int:pk>/open/", savedview_views.OpenWith.as_view(), name="saved-view-open"),
    path("views/<int:pk>/star/", savedview_views.StarView.as_view(), name="saved-view-star"),
    path("views/<int:pk>/delete/", savedview_views.DeleteView.as_view(), name="saved-view-delete"),
    path("views/<int:pk>/restore/", savedview_views.RestoreView.as_view(), name="saved-view-restore"),
]
