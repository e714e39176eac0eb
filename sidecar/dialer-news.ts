/** The dialer's notices as events of the feed (B25): those of campaigns always, those of single calls where the settings want them. */
import type { DialerNotice } from '../core/dialer/engine-words.js';
import type { FeedNews, NewsDesk } from '../core/feed-news.js';
import type { Meter } from '../core/ports.js';

export function newsOf(notice: DialerNotice, withCalls: boolean): FeedNews | undefined {
  switch (notice.type) {
    case 'campaign-changed':
    case 'campaign-forced':
    case 'campaign-empty':
    case 'gateway-changed':
      return notice;
    case 'call-abandoned':
      return withCalls ? notice : undefined;
    case 'call-ended':
      return withCalls ? { ...notice, type: 'call-result' } : undefined;
    case 'call-placed':
    case 'preview-offered':
    case 'preview-ended':
      return undefined; // of this moment only: the live stream has them
    default:
      return notice satisfies never;
  }
}

export function tellNews(desk: NewsDesk, meter: Meter, withCalls: boolean): (notice: DialerNotice) => void {
  return (notice) => {
    const news = newsOf(notice, withCalls);
    if (news && !desk.note(news)) meter.count('tandem_feed_news_left_out_total', { type: news.type });
  };
}
